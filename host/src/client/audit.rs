//! Asks a running host about its audit log.

use hyper::Method;
use serde::de::DeserializeOwned;

use super::{ClientError, ask, broken};
use crate::{
    address::Address,
    protocol::{
        AuditHead, AuditPage, AuditPrune, AuditPruned, AuditVerified, AuditVerify, AuditWanted, Bundle,
        ReceiptRequest, Replayed,
    },
};

/// Rows of the audit log.
///
/// # Errors
/// [`ClientError`].
pub fn audit_rows(address: &Address, wanted: &AuditWanted) -> Result<AuditPage, ClientError> {
    post(address, "/v1/audit/rows", wanted)
}

/// The head of the audit log.
///
/// # Errors
/// [`ClientError`].
pub fn audit_head(address: &Address) -> Result<AuditHead, ClientError> {
    ask(address, Method::GET, "/v1/audit/head", Vec::new())
}

/// What was done to the audit log.
///
/// # Errors
/// [`ClientError`].
pub fn audit_verify(address: &Address, asked: &AuditVerify) -> Result<AuditVerified, ClientError> {
    post(address, "/v1/audit/verify", asked)
}

/// Takes rows out of the audit log that were exported.
///
/// # Errors
/// [`ClientError`].
pub fn audit_prune(address: &Address, asked: &AuditPrune) -> Result<AuditPruned, ClientError> {
    post(address, "/v1/audit/prune", asked)
}

/// Everything it takes to check an old answer.
///
/// # Errors
/// [`ClientError`].
pub fn audit_bundle(address: &Address, asked: &ReceiptRequest) -> Result<Bundle, ClientError> {
    post(address, "/v1/audit/bundle", asked)
}

/// An old answer, computed again.
///
/// # Errors
/// [`ClientError`].
pub fn replay(address: &Address, asked: &ReceiptRequest) -> Result<Replayed, ClientError> {
    post(address, "/v1/replay", asked)
}

fn post<T: DeserializeOwned>(
    address: &Address,
    path: &str,
    asked: &impl serde::Serialize,
) -> Result<T, ClientError> {
    let body = serde_json::to_vec(asked).map_err(|error| broken(address, error))?;
    ask(address, Method::POST, path, body)
}
