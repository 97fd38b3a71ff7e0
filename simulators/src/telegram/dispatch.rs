//! From a call to its answer: who calls, which method, what mishap, what came
//! of it, and what of that is written down.

use serde_json::{Value, json};

use super::args::Args;
use super::journal::Record;
use super::methods::{self, Call, Done, Method};
use super::model::{BotAccount, Entry, Outcome};
use super::refusal::Refusal;
use super::schema;
use super::state::State;
use super::{Telegram, UnknownTokens};

/// A call as it came over the wire.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// What stood behind `/bot`.
    pub token: &'a str,
    /// In any case of letters.
    pub method: &'a str,
    /// The query string.
    pub query: Option<&'a str>,
    /// Of the body.
    pub content_type: Option<&'a str>,
    /// JSON, urlencoded or multipart form.
    pub body: &'a [u8],
}

/// What the caller gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Value,
    /// Also in the body's `parameters`.
    pub retry_after: Option<u64>,
    /// The connection breaks instead: the caller sees none of this.
    pub lost: bool,
    /// The caller waits so long for it, in milliseconds.
    pub late_ms: u64,
}

impl Answer {
    /// The result of a call that succeeded.
    pub fn result(&self) -> Option<&Value> {
        self.body.get("result")
    }

    /// Why a call was refused.
    pub fn description(&self) -> &str {
        self.body["description"].as_str().unwrap_or_default()
    }

    fn refused(refusal: &Refusal) -> Self {
        let retry_after = refusal.retry_after;
        Self {
            status: refusal.error_code,
            body: refusal.to_json(),
            retry_after,
            lost: false,
            late_ms: 0,
        }
    }

    fn done(done: &Done) -> Self {
        let mut body = json!({ "ok": true, "result": done.result });
        if let Some(note) = done.note {
            body["description"] = json!(note);
        }
        Self { status: 200, body, retry_after: None, lost: false, late_ms: 0 }
    }
}

impl Telegram {
    /// One call of the Bot API.
    pub fn call(
        &self,
        token: &str,
        method: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Answer {
        self.handle(&Request { token, method, query: None, content_type, body })
    }

    /// One call of the Bot API, parameters in the query string included.
    pub fn handle(&self, request: &Request<'_>) -> Answer {
        self.with(|state| {
            self.dispatch(state, request).unwrap_or_else(|refusal| Answer::refused(&refusal))
        })
    }

    /// As [`Telegram::handle`], but `getUpdates` with a `timeout` waits for
    /// something to come, and a late answer comes late.
    pub async fn respond(&self, request: &Request<'_>) -> Answer {
        let timeout = long_poll_ms(request);
        let clock = &self.shared.options.clock;
        if timeout == 0 {
            let answer = self.handle(request);
            if answer.late_ms > 0 {
                clock.sleep_ms(answer.late_ms).await;
            }
            return answer;
        }
        let mut over = clock.sleep_ms(timeout);
        let mut updates = self.shared.updates.subscribe();
        loop {
            updates.borrow_and_update();
            let answer = self.handle(request);
            let is_empty = answer.result().and_then(Value::as_array).is_some_and(Vec::is_empty);
            if !is_empty {
                return answer;
            }
            tokio::select! {
                biased;
                _ = updates.changed() => {}
                () = &mut over => return self.handle(request),
            }
        }
    }

    fn dispatch(&self, state: &mut State, request: &Request<'_>) -> Result<Answer, Refusal> {
        let bot_id = self.authenticate(state, request.token)?;
        let method = methods::find(request.method).ok_or_else(Refusal::not_found)?;
        let args = Args::parse(request.query, request.content_type, request.body)?;
        let chat_id = args.integer("chat_id");
        let now = self.now_ms();
        let fault = state.faults.pick(method.name, method.sends, chat_id);
        let happened = match &fault {
            Some(fault) if !fault.comes_after() => {
                let refusal = fault.refusal();
                if let Some(seconds) = refusal.retry_after {
                    state.bot(bot_id).rate.refuse_for(now, seconds);
                }
                Err(refusal)
            }
            _ => self.run(state, method, &args, bot_id, now),
        };
        let fault = fault.filter(|fault| happened.is_ok() || !fault.comes_after());
        let mut entry = entry(state, method, &args, bot_id, now);
        entry.fault = fault.as_ref().map(|fault| fault.name().to_owned());
        let mut answer = match happened {
            Ok(done) => take(state, method, entry, done),
            Err(refusal) => {
                entry.outcome = Outcome::Refused;
                entry.error_code = Some(refusal.error_code);
                entry.description = Some(refusal.description.clone());
                state.commit(vec![Record::Call { entry, messages: Vec::new() }]);
                Answer::refused(&refusal)
            }
        };
        if let Some(fault) = fault {
            answer = if let Some(late_ms) = fault.late_ms() {
                Answer { late_ms, ..answer }
            } else {
                let refused = Answer::refused(&fault.refusal());
                Answer { lost: fault.loses_connection(), ..refused }
            };
        }
        Ok(answer)
    }

    fn run(
        &self,
        state: &mut State,
        method: &Method,
        args: &Args,
        bot_id: i64,
        now: i64,
    ) -> Result<Done, Refusal> {
        schema::check_parameters(method.name, args)?;
        let mut call =
            Call { state, options: &self.shared.options, method: method.name, args, bot_id, now };
        (method.run)(&mut call)
    }

    fn authenticate(&self, state: &mut State, token: &str) -> Result<i64, Refusal> {
        let account = BotAccount::from_token(token, None).ok_or_else(Refusal::unauthorized)?;
        let known = state.bots.get_mut(&account.id);
        let accepts_any = self.shared.options.unknown_tokens == UnknownTokens::AcceptAsNewBot;
        match known {
            Some(bot) if bot.account.token == token => Ok(bot.account.id),
            // Known from the log of an earlier run, which has no tokens.
            Some(bot) if accepts_any && bot.account.token.is_empty() => {
                token.clone_into(&mut bot.account.token);
                Ok(bot.account.id)
            }
            None if accepts_any => {
                token.clone_into(&mut state.bot(account.id).account.token);
                Ok(account.id)
            }
            // Configured under an id that its token does not begin with.
            _ => state
                .bots
                .values()
                .find(|bot| bot.account.token == token)
                .map(|bot| bot.account.id)
                .ok_or_else(Refusal::unauthorized),
        }
    }
}

/// Writes down what was done.
fn take(state: &mut State, method: &Method, mut entry: Entry, done: Done) -> Answer {
    let answer = Answer::done(&done);
    let Done { mut records, messages, message_id, .. } = done;
    if let Some(first) = messages.first() {
        entry.chat_id = Some(first.chat_id);
        entry.repeat = state.repeats_of(first);
    }
    entry.message_id = message_id.or_else(|| messages.first().map(|message| message.message_id));
    if method.logged || entry.fault.is_some() {
        records.push(Record::Call { entry, messages });
    }
    if !records.is_empty() {
        state.commit(records);
    }
    answer
}

fn long_poll_ms(request: &Request<'_>) -> u64 {
    if !request.method.eq_ignore_ascii_case("getUpdates") {
        return 0;
    }
    let args = Args::parse(request.query, request.content_type, request.body).unwrap_or_default();
    let seconds = args.integer("timeout").unwrap_or(0).clamp(0, 50);
    u64::try_from(seconds).unwrap_or(0) * 1_000
}

/// The log's line for a call, as far as its parameters tell.
fn entry(state: &mut State, method: &Method, args: &Args, bot_id: i64, now: i64) -> Entry {
    let text = if args.has("text") { args.text("text") } else { args.text("caption") };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Entry {
        seq: state.next_seq,
        at_ms: now,
        bot: state.bot(bot_id).account.username.clone(),
        bot_id,
        chat_id: args.integer("chat_id"),
        method: method.name.to_owned(),
        outcome: Outcome::Sent,
        message_id: None,
        text: some(text),
        parse_mode: some(args.text("parse_mode")),
        repeat: 0,
        uploads: args.files(),
        error_code: None,
        description: None,
        fault: None,
    }
}
