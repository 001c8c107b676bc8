//! A deferred call, written down so that a later process makes the same call of it.

use headroom_model::facts;
use headroom_model::operation::{Operation, Request};
use headroom_model::time::{Instant, Millis};
use std::fmt;
use std::str::FromStr;

/// A deferred call: what of it counts when it comes again. As text it is a token of 76 letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// Attempts that were sent.
    pub attempts: u32,
    /// The most that may be.
    pub max_attempts: u32,
    /// When the call was begun first.
    pub began: Instant,
    /// Nothing may be sent before.
    pub not_before: Instant,
    /// Which operation it is, see [`fingerprint`].
    pub operation: u64,
}

/// Why a token was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResumeError {
    /// It is none, or was changed or cut.
    NotAToken,
    /// It was given for another operation.
    OtherOperation,
}

impl fmt::Display for ResumeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAToken => "the resume token is none, or was changed or cut: begin the call without it",
            Self::OtherOperation => {
                "the resume token is of another operation: begin that one with it, or this one without"
            }
        })
    }
}

impl std::error::Error for ResumeError {}

/// Form and version.
const PREFIX: &str = "hr1.";

/// Hexadecimal digits of each field, in the order of [`Resume`].
const DIGITS: [usize; 5] = [8, 8, 16, 16, 16];

/// Digits of the checksum behind them.
const CHECK_DIGITS: usize = 8;

impl Resume {
    fn fields(&self) -> [u64; 5] {
        let Self { attempts, max_attempts, began, not_before, operation } = *self;
        [attempts.into(), max_attempts.into(), began.0, not_before.0, operation]
    }

    fn check(&self) -> u32 {
        let hash = self.fields().into_iter().fold(Hash::new(), |hash, field| hash.with(field.to_be_bytes()));
        // The half with the better mixing.
        u32::try_from(hash.0 >> 32).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        for (field, digits) in self.fields().into_iter().zip(DIGITS) {
            write!(f, "{field:0digits$x}")?;
        }
        write!(f, "{:0CHECK_DIGITS$x}", self.check())
    }
}

impl FromStr for Resume {
    type Err = ResumeError;

    fn from_str(text: &str) -> Result<Self, ResumeError> {
        let digits =
            text.trim().strip_prefix(PREFIX).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let mut rest = digits.ok_or(ResumeError::NotAToken)?;
        let mut take = |digits: usize| {
            let (field, after) = rest.split_at_checked(digits)?;
            rest = after;
            u64::from_str_radix(field, 16).ok()
        };
        let mut fields = [0; 5];
        for (field, digits) in fields.iter_mut().zip(DIGITS) {
            *field = take(digits).ok_or(ResumeError::NotAToken)?;
        }
        let check = take(CHECK_DIGITS);
        let [attempts, max_attempts, began, not_before, operation] = fields;
        let small = |field: u64| u32::try_from(field).unwrap_or(u32::MAX);
        let (attempts, max_attempts) = (small(attempts), small(max_attempts));
        let resume = Self { attempts, max_attempts, began: Instant(began), not_before: Instant(not_before), operation };
        let is_whole = rest.is_empty() && check == Some(resume.check().into());
        if is_whole { Ok(resume) } else { Err(ResumeError::NotAToken) }
    }
}

/// Tells operations apart: whose, and what is asked for. Payload, headers and body are not looked at: a caller may well
/// write them anew.
#[must_use]
pub fn fingerprint(operation: &Operation) -> u64 {
    let hash = Hash::new();
    let hash = match operation {
        Operation::Rest(Request { tenant, method, path, .. }) => {
            let hash = hash.text("rest").text(tenant);
            hash.bytes(method.bytes().map(|letter| letter.to_ascii_uppercase())).text(path)
        }
        Operation::Invoke(invocation) => {
            let context = &invocation.context;
            let account = context.account.as_deref().unwrap_or_default();
            let hash = hash.text("invoke").text(&invocation.function_key).text(&context.installation);
            hash.text(account).text(&context.environment)
        }
    };
    hash.0
}

/// FNV-1a of 64 bits: small, and the same everywhere. It guards against mistakes, not against forgers: a token grants
/// nothing that its holder could not ask for without it.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn with(self, bytes: impl IntoIterator<Item = u8>) -> Self {
        Self(bytes.into_iter().fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    fn text(self, text: &str) -> Self {
        self.bytes(text.bytes())
    }

    /// With an end, so that two texts are not one longer one.
    fn bytes(self, text: impl Iterator<Item = u8>) -> Self {
        self.with(text).with([0xff])
    }
}

/// The longest delay of a queued Forge event. Source: [`facts::ASYNC_RETRY_AFTER_SECS`].
pub const LONGEST_REQUEUE: Millis = Millis::from_secs(facts::ASYNC_RETRY_AFTER_SECS.value as u64);

/// The delay with which to queue a call again at `now` that may not come before `not_before`: a wait that is longer than
/// a queue admits takes several hops, and the token says at each of them what is left.
#[must_use]
pub fn requeue_after(not_before: Instant, now: Instant) -> Millis {
    not_before.since(now).min(LONGEST_REQUEUE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn any_resume()(attempts: u32, max_attempts: u32, began: u64, not_before: u64, operation: u64) -> Resume {
            Resume { attempts, max_attempts, began: Instant(began), not_before: Instant(not_before), operation }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn reading_is_the_inverse_of_writing(resume in any_resume()) {
            let token = resume.to_string();
            prop_assert_eq!(token.len(), PREFIX.len() + DIGITS.iter().sum::<usize>() + CHECK_DIGITS);
            prop_assert_eq!(token.parse(), Ok(resume));
        }

        #[test]
        fn a_token_with_another_letter_or_length_is_none(resume in any_resume(), at in 4_usize..76, digit in 0_u32..16) {
            let token = resume.to_string();
            let mut letters: Vec<char> = token.chars().collect();
            letters[at] = char::from_digit(digit, 16).unwrap();
            let changed: String = letters.into_iter().collect();
            prop_assert_eq!(changed.parse::<Resume>().is_ok(), changed == token);
            prop_assert!(token[..at].parse::<Resume>().is_err());
            prop_assert!((token + "0").parse::<Resume>().is_err());
        }

        #[test]
        fn no_text_panics(text in "(hr1\\.)?.{0,90}") {
            let _ = text.parse::<Resume>();
        }

        #[test]
        fn hops_add_up_to_the_wait(now in 0..u64::MAX / 2, wait in 0_u64..86_400_000) {
            let not_before = Instant(now + wait);
            let (mut now, mut hops) = (Instant(now), 0);
            while now < not_before {
                let hop = requeue_after(not_before, now);
                prop_assert!(hop > Millis::ZERO && hop <= LONGEST_REQUEUE);
                now += hop;
                hops += 1;
            }
            prop_assert_eq!((now, hops), (not_before, wait.div_ceil(LONGEST_REQUEUE.0)));
        }
    }

    #[test]
    fn operations_are_told_apart_by_whose_and_what() {
        let get = |tenant: &str, path: &str| fingerprint(&Operation::Rest(Request::get(tenant, path)));
        assert_eq!(get("a", "/b"), 0x59e2_425c_2ceb_b6f1, "tokens outlive versions of this program");
        assert_ne!(get("a", "/b"), get("a/", "b"));
        assert_ne!(get("a", "/b"), get("a", "/c"));
        let mut post = Request::get("a", "/b");
        post.method = "get".into();
        post.body = Some(vec![1]);
        assert_eq!(fingerprint(&Operation::Rest(post)), get("a", "/b"), "case and body are no part of it");
    }
}
