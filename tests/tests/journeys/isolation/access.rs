//! Callers, and who of them gets which answer.

use serde_json::Value;

use super::people::Things;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Without a session or a key.
    Nobody,
    /// A member of another company.
    OtherUser,
    /// An admin of another company.
    OtherAdmin,
    /// A member of the owner's company, who is no admin.
    Member,
    /// A key of the platform with the scope `scraper`.
    Scraper,
    /// A key of the owner's company with the scope `events`.
    Events,
    /// A key of the owner's company with the scope `alerts`.
    Alerts,
    /// A key of the owner's company with the scope `admin`.
    AdminKey,
    /// A key of another company with the scope `admin`.
    OtherKey,
    /// Whose thing it is: an admin of their company.
    Owner,
}

/// All of them; the owner last.
pub(super) const CALLERS: [Caller; 10] = [
    Caller::Nobody,
    Caller::OtherUser,
    Caller::OtherAdmin,
    Caller::Member,
    Caller::Scraper,
    Caller::Events,
    Caller::Alerts,
    Caller::AdminKey,
    Caller::OtherKey,
    Caller::Owner,
];

impl Caller {
    /// Whether the owner's company is none of theirs.
    pub(super) const fn is_outside(self) -> bool {
        matches!(
            self,
            Self::Nobody | Self::OtherUser | Self::OtherAdmin | Self::Scraper | Self::OtherKey
        )
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// 2xx.
    Done,
    /// This status.
    Is(u16),
}

use Expected::{Done, Is};

impl Expected {
    /// Whether the status is the expected one.
    pub(super) const fn fits(self, status: u16) -> bool {
        match self {
            Done => status >= 200 && status < 300,
            Is(expected) => status == expected,
        }
    }
}

/// What each caller is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub(super) nobody: Expected,
    pub(super) other_user: Expected,
    pub(super) other_admin: Expected,
    pub(super) member: Expected,
    pub(super) scraper: Expected,
    pub(super) events: Expected,
    pub(super) alerts: Expected,
    pub(super) admin_key: Expected,
    pub(super) other_key: Expected,
    pub(super) owner: Expected,
}

/// Everyone gets the same.
pub(super) const fn everyone(expected: Expected) -> Access {
    Access {
        nobody: expected,
        other_user: expected,
        other_admin: expected,
        member: expected,
        scraper: expected,
        events: expected,
        alerts: expected,
        admin_key: expected,
        other_key: expected,
        owner: expected,
    }
}

/// Open to everyone.
pub(super) const ANYONE: Access = everyone(Done);

/// A webhook that wants a secret or a signature: nobody here has one.
pub(super) const WEBHOOK: Access = everyone(Is(403));

/// The same, of services that are answered otherwise.
pub(super) const SIGNED: Access = everyone(Is(400));

/// Whoever is logged in, about what is theirs. Keys are no session.
pub(super) const LOGGED_IN: Access =
    Access { other_user: Done, other_admin: Done, member: Done, owner: Done, ..everyone(Is(401)) };

/// A user's own thing: nobody else's, not even of a colleague or an admin.
pub(super) const OWN: Access =
    Access { other_user: Is(404), other_admin: Is(404), member: Is(404), ..LOGGED_IN };

/// Admins, about their own company.
pub(super) const ADMINS: Access = Access { other_user: Is(403), member: Is(403), ..LOGGED_IN };

/// A thing of the company: for its admins.
pub(super) const COMPANYS: Access = Access { other_admin: Is(404), ..ADMINS };

/// Keys of the platform with the scope `scraper`. A session is no key.
pub(super) const SCRAPERS: Access = Access {
    scraper: Done,
    events: Is(403),
    alerts: Is(403),
    admin_key: Is(403),
    other_key: Is(403),
    ..everyone(Is(401))
};

/// Keys of the company with the scope `alerts`. A session is no key.
pub(super) const ALERTS: Access = Access {
    scraper: Is(403),
    events: Is(403),
    alerts: Done,
    admin_key: Done,
    other_key: Is(403),
    ..everyone(Is(401))
};

impl Access {
    /// What this caller is answered.
    pub(super) const fn of(&self, caller: Caller) -> Expected {
        match caller {
            Caller::Nobody => self.nobody,
            Caller::OtherUser => self.other_user,
            Caller::OtherAdmin => self.other_admin,
            Caller::Member => self.member,
            Caller::Scraper => self.scraper,
            Caller::Events => self.events,
            Caller::Alerts => self.alerts,
            Caller::AdminKey => self.admin_key,
            Caller::OtherKey => self.other_key,
            Caller::Owner => self.owner,
        }
    }
}

/// A body, or none.
type Body = fn(&Things) -> Option<Value>;

/// What a caller is handed before they call: each their own. It is `token` among the things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The token of a mail that sets another password of the account that they have signed up.
    Reset,
    /// The token of a mail that confirms the address of that account.
    Confirmation,
    /// The token of a mail that invites into the owner's company.
    Invitation,
    /// The token of a bot that nobody has added.
    Bot,
}

/// What is stated of a route.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// Method and path, as the router has it.
    pub(super) route: &'static str,
    /// Who gets which answer.
    pub(super) access: Access,
    /// What follows the path.
    pub(super) query: &'static str,
    /// A body with which the owner succeeds.
    pub(super) body: Body,
    /// The same, where it is no JSON: its type, and what it is.
    pub(super) raw: Option<(&'static str, &'static [u8])>,
    /// The same, where it is a page's form.
    pub(super) form: Option<fn(&Things) -> String>,
    /// What each caller is handed before.
    pub(super) need: Option<Need>,
    /// The code of every refusal.
    pub(super) refusal: Option<&'static str>,
    /// Whether it logs the caller in as somebody new.
    pub(super) logs_in: bool,
    /// Whether calling it ends sessions, so that no other row can follow.
    pub(super) alone: bool,
}

/// A row of a route that is called without a body.
pub(super) fn row(route: &'static str, access: Access) -> Row {
    Row {
        route,
        access,
        query: "",
        body: |_| None,
        raw: None,
        form: None,
        need: None,
        refusal: None,
        logs_in: false,
        alone: false,
    }
}

impl Row {
    /// With a body.
    pub(super) const fn with(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// With a body of another type than JSON.
    pub(super) const fn raw(self, kind: &'static str, body: &'static [u8]) -> Self {
        Self { raw: Some((kind, body)), ..self }
    }

    /// With a page's form.
    pub(super) const fn form(self, form: fn(&Things) -> String) -> Self {
        Self { form: Some(form), ..self }
    }

    /// With what each caller is handed before.
    pub(super) const fn needs(self, need: Need) -> Self {
        Self { need: Some(need), ..self }
    }

    /// Refused with this code only.
    pub(super) const fn refused_with(self, code: &'static str) -> Self {
        Self { refusal: Some(code), ..self }
    }

    /// Logs the caller in as somebody new.
    pub(super) const fn logs_in(self) -> Self {
        Self { logs_in: true, ..self }
    }

    /// With a query.
    pub(super) const fn asking(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    /// In a system of its own.
    pub(super) const fn alone(self) -> Self {
        Self { alone: true, ..self }
    }
}
