//! Asks a running host about its audit log.

use hyper::Method;
use serde::de::DeserializeOwned;

use super::{ClientError, Target, ask, broken};
use crate::protocol::{
    AuditHead, AuditPage, AuditPrune, AuditPruned, AuditVerified, AuditVerify, AuditWanted, Bundle,
    ReceiptRequest, Replayed,
};

/// Rows of the audit log.
///
/// # Errors
/// [`ClientError`].
pub fn audit_rows(target: &Target, wanted: &AuditWanted) -> Result<AuditPage, ClientError> {
    post(target, "/v1/audit/rows", wanted)
}

/// The head of the audit log.
///
/// # Errors
/// [`ClientError`].
pub fn audit_head(target: &Target) -> Result<AuditHead, ClientError> {
    ask(target, Method::GET, "/v1/audit/head", Vec::new())
}

/// What was done to the audit log.
///
/// # Errors
/// [`ClientError`].
pub fn audit_verify(target: &Target, asked: &AuditVerify) -> Result<AuditVerified, ClientError> {
    post(target, "/v1/audit/verify", asked)
}

/// Takes rows out of the audit log that were exported.
///
/// # Errors
/// [`ClientError`].
pub fn audit_prune(target: &Target, asked: &AuditPrune) -> Result<AuditPruned, ClientError> {
    post(target, "/v1/audit/prune", asked)
}

/// Everything it takes to check an old answer.
///
/// # Errors
/// [`ClientError`].
pub fn audit_bundle(target: &Target, asked: &ReceiptRequest) -> Result<Bundle, ClientError> {
    post(target, "/v1/audit/bundle", asked)
}

/// An old answer, computed again.
///
/// # Errors
/// [`ClientError`].
pub fn replay(target: &Target, asked: &ReceiptRequest) -> Result<Replayed, ClientError> {
    post(target, "/v1/replay", asked)
}

fn post<T: DeserializeOwned>(
    target: &Target,
    path: &str,
    asked: &impl serde::Serialize,
) -> Result<T, ClientError> {
    let body = serde_json::to_vec(asked).map_err(|error| broken(&target.address, error))?;
    ask(target, Method::POST, path, body)
}
