//! The server: it keeps one refresh token of each session good, and turns spent ones away.

use tokenkeep::protocol::{Answer, Call, Reply};

/// Which session, and which of its tokens. Number 0 is what the login gave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token {
    pub family: u8,
    pub number: u8,
}

/// What happens to a refresh token that is presented a second time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rotation {
    /// It is refused; the session goes on for whoever holds the newest one.
    Strict,
    /// It is refused, and the session is over.
    Revoking,
    /// For so many milliseconds it buys the same child again; then the session is over.
    Grace(u64),
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Server {
    families: Vec<Family>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Family {
    live: u8,
    rotated: u64,
    ended: bool,
}

/// What the server has answered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answered {
    Granted(Token),
    Refused,
    LoggedOut,
}

impl Server {
    /// With one session.
    pub fn new() -> Self {
        Self { families: vec![Family { live: 0, rotated: 0, ended: false }] }
    }

    pub fn log_in(&mut self) -> Answered {
        self.families.push(Family { live: 0, rotated: 0, ended: false });
        Answered::Granted(Token { family: self.families.len() as u8 - 1, number: 0 })
    }

    pub fn renew(&mut self, token: Token, rotation: Rotation, now: u64) -> Answered {
        let family = &mut self.families[token.family as usize];
        if family.ended {
            return Answered::Refused;
        }
        if token.number == family.live {
            family.live += 1;
            family.rotated = now;
            return Answered::Granted(Token { number: family.live, ..token });
        }
        match rotation {
            Rotation::Grace(window) if token.number + 1 == family.live && now < family.rotated + window => {
                Answered::Granted(Token { number: family.live, ..token })
            }
            Rotation::Strict => Answered::Refused,
            Rotation::Revoking | Rotation::Grace(_) => {
                family.ended = true;
                Answered::Refused
            }
        }
    }

    pub fn log_out(&mut self, family: u8) -> Answered {
        self.families[family as usize].ended = true;
        Answered::LoggedOut
    }

    /// Whether this refresh token is still good for a renewal.
    pub fn holds(&self, token: Token) -> bool {
        let family = &self.families[token.family as usize];
        !family.ended && family.live == token.number
    }
}

impl Answered {
    pub fn reply(self) -> Reply {
        let (status, body) = match self {
            Self::Granted(token) => (
                200,
                format!(
                    r#"{{"token":"{}","refreshToken":"{}","expiresIn":300,"subject":"susan"}}"#,
                    token.access(),
                    token.refresh()
                ),
            ),
            Self::Refused => (401, r#"{"code":"refresh_token_reused"}"#.into()),
            Self::LoggedOut => (204, String::new()),
        };
        Ok(Answer::new(status, &body))
    }
}

impl Token {
    pub const FIRST: Self = Self { family: 0, number: 0 };

    pub fn access(self) -> String {
        format!("a.{}.{}", self.family, self.number)
    }

    pub fn refresh(self) -> String {
        format!("r.{}.{}", self.family, self.number)
    }

    /// Reads what [`access`](Self::access) or [`refresh`](Self::refresh) wrote.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split('.').skip(1).map(|part| part.parse().expect("a number"));
        Self { family: parts.next().expect("a family"), number: parts.next().expect("a number") }
    }

    /// The refresh token that a renewal carries.
    pub fn renewed_by(call: &Call) -> Self {
        Self::parse(call.token.as_ref().expect("a refresh token"))
    }

    /// The access token that a logout carries.
    pub fn ended_by(call: &Call) -> Self {
        Self::parse(call.token.as_ref().expect("an access token"))
    }
}
