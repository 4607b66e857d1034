//! A contact as the API sends it: keys in the documented order, nothing between the tokens.

use super::contact::{Contact, Field};
use super::json::{Object, Text};
use super::owners::Owners;

/// Writes `contact` as one JSON object.
pub(super) fn contact(contact: &Contact, owners: &Owners, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("id", contact.id);
    text(&mut object, "first_name", contact.first_name, Text::add);
    text(&mut object, "last_name", contact.last_name, Text::add);
    text(&mut object, "full_name", contact.full_name, |text, pieces| pieces.into_iter().fold(text, Text::add));
    text(&mut object, "email", contact.email, |text, email| {
        text.add(email.given).add(".").add(email.family).add_number(email.number).add("@").add(email.domain)
    });
    text(&mut object, "phone_number", contact.phone_number, |text, phone| {
        text.add(phone.prefix).add_digits(phone.number, phone.width)
    });
    text(&mut object, "company", contact.company, |text, [stem, suffix]| text.add(stem).add(suffix));
    text(&mut object, "title", contact.title, Text::add);
    text(&mut object, "location", contact.location, Text::add);
    text(&mut object, "image_url", contact.image_url, |text, ()| {
        text.add("https://images.example/contacts/").add_number(contact.id).add("/photo.jpg")
    });
    for (key, instant) in [("created_at", contact.created_at), ("updated_at", contact.updated_at)] {
        object.text(key).add_with(|out| instant.write(out)).end();
    }
    match contact.owner {
        Field::Value(owner) => object.raw("contact_owner", owners.json(owner)),
        Field::Null => object.null("contact_owner"),
        Field::Empty | Field::Absent => {}
    }
    object.end();
}

/// Writes a text field in whichever of its four ways it is sent.
fn text<'a, T>(object: &'a mut Object<'_>, key: &str, field: Field<T>, add: impl FnOnce(Text<'a>, T) -> Text<'a>) {
    match field {
        Field::Value(value) => add(object.text(key), value).end(),
        Field::Null => object.null(key),
        Field::Empty => object.text(key).end(),
        Field::Absent => {}
    }
}
