//! Between rows and what they stand for.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::StoreError;
use crate::dev::family::{End, EndReason, Family, Spent, Token, User};
use crate::dev::moment::Moment;
use crate::dev::secret::TokenHash;

/// What [`read_family`] needs, of the tables that [`FAMILIES`] joins.
pub(super) const FAMILY: &str =
    "f.id, f.subject, f.scopes, f.not_before, f.started_at, f.ended_at, f.end_reason, f.agent, u.role";

/// Each family with its user.
pub(super) const FAMILIES: &str = "families f JOIN users u ON u.id = f.subject";

pub(super) fn read_user(row: &AnyRow) -> Result<User, StoreError> {
    let claimed: Option<String> = row.try_get("email")?;
    let verified: Option<String> = row.try_get("verified_email")?;
    Ok(User {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        password: row.try_get("password")?,
        scopes: words(&row.try_get::<String, _>("scopes")?),
        role: row.try_get("role")?,
        verified: verified.is_some() && verified == claimed,
        email: claimed,
        not_before: from_number(row.try_get("not_before")?),
    })
}

pub(super) fn read_family(row: &AnyRow) -> Result<Family, StoreError> {
    let ended: Option<i64> = row.try_get("ended_at")?;
    let reason: Option<String> = row.try_get("end_reason")?;
    Ok(Family {
        id: row.try_get("id")?,
        subject: row.try_get("subject")?,
        scopes: words(&row.try_get::<String, _>("scopes")?),
        not_before: from_number(row.try_get("not_before")?),
        started: moment(row.try_get("started_at")?),
        agent: row.try_get("agent")?,
        role: row.try_get("role")?,
        ended: ended
            .map(|at| End { at: moment(at), reason: EndReason::from_word(reason.as_deref().unwrap_or_default()) }),
    })
}

/// The row also has the family's columns.
pub(super) fn read_token(row: &AnyRow, hash: TokenHash) -> Result<Token, StoreError> {
    let spent = match row.try_get::<Option<i64>, _>("spent_at")? {
        None => None,
        Some(at) => {
            let damaged = || StoreError::new("a spent refresh token has no readable child");
            let child: Vec<u8> = row.try_get("child")?;
            let salt: Vec<u8> = row.try_get("salt")?;
            Some(Spent {
                at: moment(at),
                child: TokenHash::from_slice(&child).ok_or_else(damaged)?,
                salt: salt.try_into().map_err(|_| damaged())?,
                attempt: row.try_get("attempt")?,
            })
        }
    };
    Ok(Token { hash, family: row.try_get("id")?, active: moment(row.try_get("active_at")?), spent })
}

pub(super) fn blob(hash: TokenHash) -> Vec<u8> {
    hash.as_bytes().to_vec()
}

pub(super) fn millis(moment: Moment) -> i64 {
    number(moment.millis())
}

pub(super) fn moment(millis: i64) -> Moment {
    Moment::from_millis(from_number(millis))
}

pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn words(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

fn from_number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::new(error)
    }
}
