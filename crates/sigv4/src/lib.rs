//! AWS Signature Version 4 in both directions: header, presigned, aws-chunked bodies. Bytes in, verdict out.
