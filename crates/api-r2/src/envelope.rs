//! The envelope that every JSON reply comes in.
//!
//! Spec: Cloudflare API, getting started, responses.

use schemars::JsonSchema;
use serde::Serialize;

/// A reply's document. Clients decide by `success` and by the number of the first error.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Reply_with_{T}")]
pub(crate) struct Envelope<T> {
    pub(crate) success: bool,
    pub(crate) errors: Vec<ApiError>,
    pub(crate) messages: Vec<Message>,
    pub(crate) result: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result_info: Option<ResultInfo>,
}

/// An error as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ApiError {
    pub(crate) code: u32,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<Source>,
    /// Why: what the client can mend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) error_chain: Vec<Message>,
}

/// Where in the request's document an error is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Source {
    /// A JSON pointer.
    pub(crate) pointer: String,
}

/// A numbered text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Message {
    pub(crate) code: u32,
    pub(crate) message: String,
}

/// What is told of a list beside its items; each list has some of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ResultInfo {
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    /// Most items on the page.
    pub(crate) per_page: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_truncated: Option<bool>,
    /// Common prefixes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delimited: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<u32>,
    /// Items on the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total_count: Option<u32>,
}

impl<T> Envelope<T> {
    pub(crate) fn of(result: T) -> Self {
        let (errors, messages) = (Vec::new(), Vec::new());
        Self { success: true, errors, messages, result: Some(result), result_info: None }
    }

    pub(crate) fn with_info(self, info: ResultInfo) -> Self {
        Self { result_info: Some(info), ..self }
    }

    pub(crate) fn with_message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    pub(crate) fn refusal(errors: Vec<ApiError>) -> Self {
        Self { success: false, errors, messages: Vec::new(), result: None, result_info: None }
    }
}
