//! The body of a form upload: its fields first, then the file as it comes.

use bytes::Bytes;
use domain::error::BodyFault;
use domain::{Checksum, Error, UploadRule};
use s3_wire::S3Error;
use s3_wire::form::{FormDecoder, FormError, FormStep, one_file_only};
use s3_wire::ops::post_object::Form;
use store::{BodySource, BoxFuture};

use crate::body::Meter;
use crate::error::Failure;
use exchange::Incoming;

/// A form that is being read.
pub(crate) struct FormBody<'i, 'b> {
    incoming: &'i mut Incoming<'b>,
    decoder: FormDecoder,
    unread: Bytes,
    meter: Meter,
}

/// Why it cannot be read on.
enum Broken {
    Form(FormError),
    Body(Error),
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Form(error) => S3Error::from(error).into(),
            Broken::Body(error) => error.into(),
        }
    }
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Form(error) => Self::MalformedBody(BodyFault::Form(error.to_string())),
            Broken::Body(error) => error,
        }
    }
}

impl<'i, 'b> FormBody<'i, 'b> {
    pub(crate) fn new(incoming: &'i mut Incoming<'b>, content_type: &str) -> Result<Self, S3Error> {
        let decoder = FormDecoder::new(content_type)?;
        Ok(Self { incoming, decoder, unread: Bytes::new(), meter: Meter::default() })
    }

    /// Reads the fields, and stops where the file begins.
    ///
    /// # Errors
    /// Those of the format, of [`Form::new`], and of the body; `InvalidArgument` for a form without a file.
    pub(crate) async fn form(&mut self) -> Result<Form, Failure> {
        let mut fields = Vec::new();
        loop {
            match self.step().await? {
                FormStep::Field(field) => fields.push(field),
                FormStep::File { filename } => return Ok(Form::new(fields, filename.as_deref())?),
                FormStep::Done => return Err(one_file_only(0).into()),
                FormStep::Data(_) | FormStep::NeedMore => {}
            }
        }
    }

    /// With a rule for the file.
    pub(crate) fn limited(mut self, rule: UploadRule) -> Self {
        self.meter = Meter::new(rule);
        self
    }

    async fn step(&mut self) -> Result<FormStep, Broken> {
        loop {
            match self.decoder.step(&mut self.unread).map_err(Broken::Form)? {
                FormStep::NeedMore => match self.incoming.receive().await.map_err(Broken::Body)? {
                    Some(bytes) => self.unread = bytes,
                    None => self.decoder.finish().map_err(Broken::Form)?,
                },
                step => return Ok(step),
            }
        }
    }

    async fn next_piece(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            match self.step().await? {
                FormStep::Data(piece) => return self.meter.pass(Some(piece)),
                FormStep::Done => return self.meter.pass(None),
                FormStep::Field(_) | FormStep::File { .. } | FormStep::NeedMore => {}
            }
        }
    }
}

impl BodySource for FormBody<'_, '_> {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(self.next_piece())
    }

    /// A form has none: its checksums are fields.
    fn trailing_checksums(&self) -> Vec<Checksum> {
        Vec::new()
    }
}
