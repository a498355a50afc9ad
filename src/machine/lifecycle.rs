//! How a session begins and ends: login, adoption, logout, and the word of other tabs.

use super::credentials::Credentials;
use super::effect::{Announcement, Delivery, Effect, Notice};
use super::event::Ticket;
use super::holding::Asked;
use super::record::{Backoff, Content, Live, Record};
use super::storing::{Purpose, Write};
use super::{Auth, Machine};
use crate::error::{Code, EndReason, SessionError};
use crate::protocol::{Grant, Outcome, Reply};
use crate::time::Now;
use crate::token::{AccessToken, RefreshToken, SessionId, Stamp};

impl Machine {
    pub(super) fn login_wanted(&mut self, now: Now, ticket: Ticket) {
        if self.disposed {
            return self.fail_disposed(ticket);
        }
        match self.config.protocol.login_call() {
            None => self.fail_with(ticket, Code::InvalidConfig, "the protocol has no login endpoint"),
            Some(call) => {
                self.logins.insert(ticket, now);
                self.act(Effect::SendLogin(ticket, call));
            }
        }
    }

    pub(super) fn login_settled(&mut self, now: Now, ticket: Ticket, reply: &Reply) {
        let asked = self.logins.remove(ticket);
        let sent = asked.as_ref().map_or(now, |sent| **sent);
        match self.config.protocol.read_login(reply, sent.wall, now.wall) {
            // Logout or disposal came first; the ticket has been answered.
            Outcome::Granted(grant) if asked.is_none() => {
                self.revoke(None, grant.access.as_ref(), grant.refresh.as_ref(), None);
            }
            _ if asked.is_none() => {}
            Outcome::Granted(grant) => self.begin_session(now, ticket, grant, sent),
            Outcome::Refused { status, code } => {
                self.timeline.note(now, "login_refused", code.as_deref().unwrap_or_default());
                let mut error = SessionError::new(Code::LoginRefused, "the server did not accept the credentials");
                error.status = Some(status);
                error.reason = code;
                self.fail(ticket, error);
            }
            outcome => {
                let error = self.failure(&outcome);
                self.timeline.note(now, "login_failed", &error.message);
                self.fail(ticket, error);
            }
        }
    }

    pub(super) fn adopted(&mut self, now: Now, ticket: Ticket, grant: Grant) {
        if self.disposed {
            return self.fail_disposed(ticket);
        }
        let grant = self.config.protocol.complete(grant, now.wall);
        self.begin_session(now, ticket, grant, now);
    }

    /// Local data goes at once, whatever else is under way; then the server is told.
    pub(super) fn logout_wanted(&mut self, now: Now, ticket: Ticket) {
        if matches!(self.auth, Auth::Unread) && !self.disposed {
            self.deferred.push(ticket);
            return;
        }
        while let Some((login, _)) = self.logins.pop() {
            self.fail(login, SessionError::login_required(EndReason::Logout));
        }
        loop {
            let Some(login) = self.writes.values_mut().find_map(Write::withdraw) else { break };
            self.fail(login, SessionError::login_required(EndReason::Logout));
        }
        let Auth::In(credentials) = &self.auth else {
            self.dismiss_waiters(&SessionError::login_required(EndReason::Logout));
            return self.deliver(ticket, Delivery::LoggedOut(false));
        };
        let credentials = credentials.clone();
        let mark = Record {
            session: credentials.session,
            stamp: self.next_stamp(now, credentials.stamp, credentials.stamp.generation),
            content: Content::Ended(EndReason::Logout),
        };
        self.commit(mark.clone(), Purpose::End);
        self.end(now, mark);
        if !self.renew_to_end(now, &credentials, ticket) {
            self.revoke_all(Some(ticket), &credentials.live);
        }
    }

    pub(super) fn revocation_settled(&mut self, now: Now, ticket: Option<Ticket>, reply: &Reply) {
        let confirmed = self.config.protocol.confirms_logout(reply);
        self.timeline.note(now, "revocation", if confirmed { "confirmed" } else { "not confirmed" });
        if let Some(ticket) = ticket {
            self.deliver(ticket, Delivery::LoggedOut(confirmed));
        }
    }

    pub(super) fn announced(&mut self, now: Now, announcement: Announcement) {
        let Announcement { session, stamp, ended } = announcement;
        let content = ended.map_or_else(|| Content::Live(Box::default()), Content::Ended);
        let news = Record { session, stamp, content };
        if matches!(self.auth, Auth::Unread) || !self.is_news(&news) {
            return;
        }
        self.timeline.note(
            now,
            "announced",
            if ended.is_some() { "another tab: the end" } else { "another tab: news" },
        );
        if ended.is_some() && self.is_session(news.session) {
            self.consider(now, news);
        } else if ended.is_some() {
            // Of a session that never was this tab's it may be old news: the record tells.
            self.rumour = Some(news);
        } else {
            self.promised = self.promised.max(stamp);
            self.rereads = 0;
        }
        self.read();
    }

    /// A record that was found in the storage, or the end of a session that was announced.
    pub(super) fn consider(&mut self, now: Now, record: Record) {
        if self.is_news(&record) {
            match record.content {
                Content::Ended(_) => self.end(now, record),
                Content::Live(live) => {
                    self.install(now, Credentials::new(record.session, record.stamp, live, now), false)
                }
            }
        } else if let (Auth::In(credentials), Content::Live(live)) = (&mut self.auth, record.content)
            && credentials.session == record.session
            && credentials.stamp == record.stamp
        {
            let known = &mut credentials.live;
            let unnoted = known.active > live.active && self.config.limits.idle.is_some();
            known.active = known.active.max(live.active);
            known.attempt = live.attempt;
            // What this tab has sent is possibly spent, whoever has written over it.
            if let (None, Some(renewal)) = (live.attempt, &self.renewal)
                && renewal.is_in_flight()
            {
                known.attempt = renewal.attempt;
            }
            // Nor does a storage that takes nothing know of a pause.
            let left = |pause: Backoff| pause.remaining(now.wall);
            let own = known.backoff.filter(|_| self.unsaved);
            if own.is_none_or(|own| live.backoff.is_some_and(|stored| left(stored) >= left(own))) {
                known.backoff = live.backoff;
            }
            if unnoted || live.attempt.is_none() && known.attempt.is_some() {
                self.commit_update();
            }
        }
    }

    /// A later state of the session, or a new session, is in use from now on.
    pub(super) fn install(&mut self, now: Now, mut credentials: Credentials, here: bool) {
        let origin = if here { "here" } else { "by another tab" };
        let before = match &self.auth {
            Auth::In(before) if before.session == credentials.session => Some(before),
            _ => None,
        };
        let unnoted = credentials.take_up(now, before);
        self.parted = self.owner();
        match &self.auth {
            Auth::Unread => self.timeline.note(now, "resumed", "a stored session"),
            Auth::In(before) if before.session == credentials.session => {
                self.timeline.note(now, "renewed", origin);
                self.notify(Notice::Renewed { here });
            }
            Auth::Out(_) | Auth::In(_) => {
                self.timeline.note(now, "signed_in", origin);
                self.notify(Notice::SignedIn);
            }
        }
        self.asked = Asked::No;
        self.promised = self.promised.max(credentials.stamp);
        self.auth = Auth::In(credentials);
        if unnoted {
            self.commit_update();
        }
    }

    /// The session is over in this tab.
    pub(super) fn end(&mut self, now: Now, mark: Record) {
        let reason = mark.end_reason();
        self.promised = self.promised.max(mark.stamp);
        self.unordered = false;
        let was_signed_in = matches!(self.auth, Auth::In(_));
        let was_read = !matches!(self.auth, Auth::Unread);
        self.parted = self.owner();
        self.auth = Auth::Out(Some(mark));
        if was_read && reason == EndReason::Logout {
            self.dismiss_waiters(&SessionError::login_required(reason));
        }
        if was_signed_in {
            self.timeline.note(now, "ended", reason.as_str());
            if reason == EndReason::Logout {
                self.notify(Notice::SignedOut(reason));
            } else {
                self.require_login(now, reason, false);
            }
        }
    }

    pub(super) fn announce(&mut self, session: SessionId, stamp: Stamp, ended: Option<EndReason>) {
        if self.is_shared() {
            self.act(Effect::Announce(Announcement { session, stamp, ended }));
        }
    }

    /// The session is over by the user's word, or for want of it.
    pub(super) fn revoke_all(&mut self, ticket: Option<Ticket>, live: &Live) {
        self.revoke(ticket, live.access.as_ref(), live.refresh.as_ref(), live.subject.as_deref());
    }

    pub(super) fn revoke(
        &mut self,
        ticket: Option<Ticket>,
        access: Option<&AccessToken>,
        refresh: Option<&RefreshToken>,
        subject: Option<&str>,
    ) {
        let mut calls = self.config.protocol.logout_calls(access, refresh, subject);
        // Of several the last one counts.
        match (calls.pop(), ticket) {
            (Some(last), _) => {
                for call in calls {
                    self.act(Effect::Revoke(None, call));
                }
                self.act(Effect::Revoke(ticket, last));
            }
            (None, Some(ticket)) => self.deliver(ticket, Delivery::LoggedOut(false)),
            (None, None) => {}
        }
    }

    /// Later than every state that this tab knows of, and than those that a cleared storage has forgotten.
    pub(super) fn next_stamp(&self, now: Now, before: Stamp, generation: u64) -> Stamp {
        Stamp { epoch: now.wall.0.max(before.epoch.max(self.promised.epoch) + 1), generation }
    }

    fn begin_session(&mut self, now: Now, ticket: Ticket, grant: Grant, sent: Now) {
        let before = self.stamp().unwrap_or_default().max(self.promised);
        let record = Record {
            session: SessionId(self.random.lot()),
            stamp: self.next_stamp(now, before, before.generation + 1),
            content: Content::Live(Box::new(Live {
                access: grant.access,
                refresh: grant.refresh,
                began: sent.wall,
                active: sent.wall,
                obtained: sent.wall,
                lifetime: grant.lifetime,
                refresh_obtained: sent.wall,
                refresh_lifetime: grant.refresh_lifetime,
                subject: grant.subject,
                scopes: grant.scopes,
                roles: grant.roles,
                attempt: None,
                backoff: None,
            })),
        };
        self.commit(record, Purpose::Begin { ticket: Some(ticket), sent });
    }

    fn is_news(&self, record: &Record) -> bool {
        match &self.auth {
            Auth::Unread | Auth::Out(None) => true,
            Auth::Out(Some(mark)) => record.supersedes(mark),
            Auth::In(credentials) => record.supersedes(&credentials.record()),
        }
    }
}
