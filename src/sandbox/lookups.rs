//! Lookups of single contacts: how the server responds to them, rightly or wrongly.

use std::str::FromStr;

use super::http::response::{self, Response};
use super::list::View;
use super::parse::{ParseError, ensure, option, value};

/// The response to every lookup of a contact by its id.
///
/// Written as one of these names:
///
/// | name | response |
/// |---|---|
/// | `correct` | as documented: 200 with the contact, or 404 |
/// | `not-found` | always 404, in the documented shape |
/// | `plain-404` | always 404 with the HTML page of a proxy, as if the endpoint did not exist |
/// | `forbidden` | always 403, in the shape of other errors |
/// | `html` | always 200 with an HTML page |
/// | `another` | 200 with another contact |
/// | `lagging`, `lagging,by=3` | as documented, but from a replica that has not seen the last write, or the last three |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Lookups {
    /// 200 with the contact, or 404 in the documented shape.
    #[default]
    Correct,
    /// 404 in the documented shape, whether the contact exists or not.
    NotFound,
    /// 404 with the HTML page of a proxy.
    PlainNotFound,
    /// 403.
    Forbidden,
    /// 200 with an HTML page.
    Html,
    /// 200 with the first contact of the list that has another id; 404 if there is none.
    Another,
    /// The correct response of an earlier state of the list: deleted contacts are still found, inserted ones are not
    /// found yet.
    Lagging {
        /// How many writes the response has not seen yet, at least 1.
        by: u64,
    },
}

/// The values by name.
const NAMES: [(&str, Lookups); 7] = [
    ("correct", Lookups::Correct),
    ("not-found", Lookups::NotFound),
    ("plain-404", Lookups::PlainNotFound),
    ("forbidden", Lookups::Forbidden),
    ("html", Lookups::Html),
    ("another", Lookups::Another),
    ("lagging", Lookups::Lagging { by: 1 }),
];

impl Lookups {
    pub(super) fn check(self) -> Result<(), String> {
        ensure(self != Self::Lagging { by: 0 }, || "lookups must lag by at least 1 write".to_owned())
    }

    /// How many writes a response has not seen yet.
    pub(super) fn lag(self) -> u64 {
        if let Self::Lagging { by } = self { by } else { 0 }
    }

    /// The response to a lookup of the contact `id`, which is `None` if it is not a number, in the state of `list`.
    pub(super) fn response(self, id: Option<u64>, list: &View<'_>) -> Response {
        let row = match self {
            Self::Correct | Self::Lagging { .. } => id.and_then(|id| list.find(id)),
            Self::Another => (0..2).filter_map(|position| list.row_at(position)).find(|row| Some(list.id(*row)) != id),
            Self::NotFound => None,
            Self::PlainNotFound => return response::plain_not_found(),
            Self::Forbidden => return response::status(403),
            Self::Html => return response::web_page(),
        };
        row.map_or_else(response::contact_not_found, |row| found(row, list))
    }
}

fn found(row: u64, list: &View<'_>) -> Response {
    let mut body = br#"{"data":"#.to_vec();
    list.write(row, &mut body);
    body.push(b'}');
    response::success(body)
}

impl FromStr for Lookups {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (name, rest) = text.split_once(',').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let Some((_, mut lookups)) = NAMES.into_iter().find(|(known, _)| *known == name) else {
            let names = NAMES.map(|(name, _)| name).join(", ");
            return Err(ParseError::new(format!("unknown response {name:?} [possible values: {names}]")));
        };
        match (&mut lookups, rest.map(option)) {
            (_, None) => {}
            (Self::Lagging { by }, Some(("by", Some(writes)))) => {
                *by = value("by", writes, "a whole number of writes")?;
            }
            (Self::Lagging { .. }, _) => return Err(ParseError::unknown(rest.unwrap_or_default(), "by=WRITES")),
            _ => return Err(ParseError::new(format!("{name} has no options"))),
        }
        lookups.check().map_err(ParseError::new)?;
        Ok(lookups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::contacts::Contacts;
    use crate::sandbox::list::{List, Order};

    fn list(contacts: u64) -> List {
        List::new(Contacts::new(1, contacts), Order::Newest, 1, None)
    }

    fn id_at(list: &List, position: u64) -> Option<u64> {
        let view = list.now();
        view.row_at(position).map(|row| view.id(row))
    }

    /// The status of a lookup, and the id of the contact it returns.
    fn looked_up(lookups: &str, id: Option<u64>, list: &List) -> (u16, Option<u64>) {
        let response = lookups.parse::<Lookups>().unwrap().response(id, &list.now());
        let json: serde_json::Value = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), json["data"]["id"].as_u64())
    }

    #[test]
    fn each_response_has_its_status_and_contact() {
        let list = list(3);
        let [first, second, third] = [0, 1, 2].map(|position| id_at(&list, position));
        for (lookups, present, absent) in [
            ("correct", (200, third), (404, None)),
            ("not-found", (404, None), (404, None)),
            ("plain-404", (404, None), (404, None)),
            ("forbidden", (403, None), (403, None)),
            ("html", (200, None), (200, None)),
            ("another", (200, first), (200, first)),
            ("lagging", (200, third), (404, None)),
        ] {
            assert_eq!(looked_up(lookups, third, &list), present, "{lookups}");
            for id in [Some(1), None] {
                assert_eq!(looked_up(lookups, id, &list), absent, "{lookups} {id:?}");
            }
        }
        assert_eq!(looked_up("another", first, &list), (200, second));
    }

    #[test]
    fn without_another_contact_nothing_is_found() {
        let (one, none) = (list(1), list(0));
        let only = id_at(&one, 0);
        assert_eq!(looked_up("another", only, &one), (404, None));
        assert_eq!(looked_up("another", only, &none), (404, None));
    }

    #[test]
    fn every_name_is_read() {
        for (name, lookups) in NAMES {
            assert_eq!(name.parse(), Ok(lookups));
        }
        assert_eq!("lagging,by=30".parse(), Ok(Lookups::Lagging { by: 30 }));
        assert_eq!(Lookups::default(), Lookups::Correct);
    }

    #[test]
    fn invalid_texts_say_what_is_expected() {
        for (text, part) in [
            ("", "unknown response \"\" [possible values: correct, not-found"),
            ("404", "unknown response \"404\""),
            ("html,by=1", "html has no options"),
            ("lagging,by=0", "at least 1 write"),
            ("lagging,by=x", "by: expected a whole number of writes"),
            ("lagging,3", "unknown option \"3\" [possible options: by=WRITES]"),
        ] {
            let error = text.parse::<Lookups>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
