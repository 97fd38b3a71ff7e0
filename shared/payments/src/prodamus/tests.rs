//! Signatures against the provider's vectors, and through each encoding of a body.

use std::fmt::Write;

use proptest::prelude::*;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::canonical::canonical;
use super::*;

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=\"--x: y\"";
const JSON: &str = "application/json; charset=utf-8";

#[derive(Deserialize)]
struct Vectors {
    key: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    body: Option<String>,
    canonical: String,
    sign: String,
    demo_sign: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors.json")).expect("vectors")
}

fn form(body: &str) -> Fields {
    Fields::read(FORM, body.as_bytes()).expect("a form")
}

#[test]
fn the_documented_vectors_are_made_and_taken() {
    let Vectors { key, vectors } = vectors();
    let key = SecretString::from(key);
    assert_eq!(vectors.len(), 7);
    for vector in vectors {
        let name = vector.name;
        let fields = match &vector.body {
            Some(body) => form(body),
            None => Fields::read(JSON, vector.canonical.as_bytes()).expect("JSON"),
        };
        assert_eq!(canonical(&fields), vector.canonical, "{name}");
        assert_eq!(sign(&fields, &key), vector.sign, "{name}");
        assert_eq!(check(&fields, &vector.sign, &key), Ok(Mode::Live), "{name}");
        if let Some(demo) = vector.demo_sign {
            assert_eq!(check(&fields, &demo, &key), Ok(Mode::Demo), "{name}");
        }
    }
}

#[test]
fn forms_are_read_as_php_reads_them() {
    for (body, read) in [
        ("a=1&a=2", r#"{"a":"2"}"#),
        ("a[b][c]=1&a[b][d]=2", r#"{"a":{"b":{"c":"1","d":"2"}}}"#),
        ("a[]=x&a[]=y&a[7]=z&a[]=w", r#"{"a":{"0":"x","1":"y","7":"z","8":"w"}}"#),
        ("a[1]=x&a[2]=y", r#"{"a":{"1":"x","2":"y"}}"#),
        ("a[0]=x&a[2]=y", r#"{"a":{"0":"x","2":"y"}}"#),
        ("a[1]=y&a[0]=x", r#"{"a":["x","y"]}"#),
        ("a[00]=x&a[0]=y", r#"{"a":{"00":"x","0":"y"}}"#),
        ("a[-1]=x&a[]=y", r#"{"a":{"-1":"x","0":"y"}}"#),
        ("a=1&a[b]=2", r#"{"a":{"b":"2"}}"#),
        ("a[b]=2&a=1", r#"{"a":"1"}"#),
        ("a.b=1&c+d=2&e%00f=3&++g=4", r#"{"a_b":"1","c_d":"2","e":"3","g":"4"}"#),
        ("a[b.c d]=1", r#"{"a":{"b.c d":"1"}}"#),
        ("a[b=1&c[d][e=2&f[g]h=3", r#"{"a_b":"1","c":{"d":"2"},"f":{"g":"3"}}"#),
        ("a[ ]=1&=2&[x]=3&b", r#"{"a":["1"],"b":""}"#),
        ("10=a&9=b&x=c", r#"{"9":"b","10":"a","x":"c"}"#),
        ("0=a&1=b", r#"["a","b"]"#),
        ("", "[]"),
        ("a=%E2%80%A8%0C%0D%00", r#"{"a":"\u2028\f\r\u0000"}"#),
        ("signature=x&a[signature]=y", r#"{"a":{"signature":"y"}}"#),
        ("&&a=1&", r#"{"a":"1"}"#),
        ("a=b=c&d=%zz", r#"{"a":"b=c","d":"%zz"}"#),
    ] {
        assert_eq!(canonical(&form(body)), read, "{body}");
    }
}

#[test]
fn a_signature_may_stand_in_blanks_and_capitals_and_must_stand_there() {
    let (fields, key) = (form("a=1&b=2"), SecretString::from("key"));
    let right = sign(&fields, &key);
    let capitals = format!(" {}\n", right.to_uppercase());
    assert_eq!(check(&fields, &capitals, &key), Ok(Mode::Live));
    let with_field = form(&format!("a=1&b=2&signature={right}"));
    assert_eq!(check(&with_field, &right, &key), Ok(Mode::Live));
    for shown in ["", "  "] {
        assert_eq!(check(&fields, shown, &key), Err(SignatureError::Missing));
    }
    for shown in [&right[1..], "x", &format!("{right}0")] {
        assert_eq!(check(&fields, shown, &key), Err(SignatureError::Wrong), "{shown}");
    }
    let none = SecretString::from("");
    assert_eq!(check(&fields, &sign(&fields, &none), &none), Err(SignatureError::Wrong));
    let demo = sign(&fields, &"keydemo".into());
    assert_eq!(check(&fields, &demo, &key), Ok(Mode::Demo));
}

#[test]
fn what_is_too_much_or_of_another_kind_is_refused() {
    let many = "a[]=1&".repeat(1_001);
    assert_eq!(Fields::read(FORM, many.as_bytes()), Err(BodyError::TooMany));
    let deep = format!("a{}=1", "[b]".repeat(64));
    assert_eq!(Fields::read(FORM, deep.as_bytes()), Err(BodyError::TooDeep));
    for kind in ["", "text/plain", "application/xml", "multipart/mixed; boundary=b"] {
        assert_eq!(Fields::read(kind, b"a=1"), Err(BodyError::Kind), "{kind}");
    }
    let parts = "--b\r\nContent-Disposition: form-data; name=\"a[]\"\r\n\r\n1\r\n".repeat(1_001);
    let body = format!("{parts}--b--");
    let read = Fields::read("multipart/form-data; boundary=b", body.as_bytes());
    assert_eq!(read, Err(BodyError::TooMany));
}

/// Keys that sort oddly, and a thousand of them: no order makes sorting fail.
#[test]
fn keys_that_have_no_order_are_sorted_all_the_same() {
    let names = ["10", "1a", "2", "1.5", "01", " 3", "9z", "1e1"];
    let pairs: Vec<String> =
        (0..900).map(|n| format!("k[{}{}]=x", names[n % names.len()], n / 8)).collect();
    let fields = form(&pairs.join("&"));
    assert!(canonical(&fields).len() > 900);
}

fn urlencoded(fields: &Fields) -> Vec<u8> {
    Serializer::new(String::new()).extend_pairs(fields.pairs()).finish().into_bytes()
}

fn multipart(fields: &Fields) -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in fields.pairs() {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = write!(
            body,
            "----x: y\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    body.push_str("----x: y--\r\n");
    body.into_bytes()
}

fn json(fields: &Fields) -> Vec<u8> {
    fn value(fields: &Fields) -> Value {
        let member = |(key, node): &(Key, Node)| {
            let value = match node {
                Node::Text(text) => Value::String(text.clone()),
                Node::Fields(fields) => value(fields),
            };
            (key.to_string(), value)
        };
        Value::Object(fields.0.iter().map(member).collect())
    }
    value(fields).to_string().into_bytes()
}

/// A name, and a name within it or not, with the value.
fn some_fields() -> impl Strategy<Value = Fields> {
    let name = "[a-z_]{1,6}";
    let index = prop_oneof!["[0-9]{1,2}", "[a-z. ]{1,4}[a-z]", Just("-1".to_owned())];
    let way = prop::collection::vec(index, 0..3);
    // Nothing in it can be taken for a boundary.
    let value = prop_oneof![any::<String>(), "[ -~\r\n/]{0,12}", Just(String::new())];
    let value = value.prop_map(|it| it.replace("\n----x: y", ""));
    prop::collection::vec((name, way, value), 1..12).prop_map(|list| {
        list.into_iter().fold(Fields::default(), |fields, (name, way, value)| {
            let way = way.iter().fold(String::new(), |way, index| format!("{way}[{index}]"));
            fields.with(&format!("{name}{way}"), value)
        })
    })
}

/// The fields with the value of one of them changed.
fn changed(fields: &Fields, which: prop::sample::Index) -> Fields {
    let pairs = fields.pairs();
    let which = which.index(pairs.len());
    pairs.iter().enumerate().fold(Fields::default(), |fields, (at, (name, value))| {
        let value = if at == which { format!("{value}x") } else { value.clone() };
        fields.with(name, value)
    })
}

proptest! {
    #[test]
    fn what_was_signed_is_taken_through_every_encoding_and_nothing_else_is(
        fields in some_fields(), key in "[ -~]{1,64}", which in any::<prop::sample::Index>(),
    ) {
        let key = SecretString::from(key);
        let shown = sign(&fields, &key);
        let bent = changed(&fields, which);
        for (kind, encode) in [
            (FORM, urlencoded as fn(&Fields) -> Vec<u8>), (MULTIPART, multipart), (JSON, json),
        ] {
            let read = Fields::read(kind, &encode(&fields));
            prop_assert!(read.is_ok(), "{kind}: {read:?}");
            let read = read.unwrap_or_default();
            prop_assert_eq!(canonical(&read), canonical(&fields), "{}", kind);
            prop_assert_eq!(check(&read, &shown, &key), Ok(Mode::Live), "{}", kind);
            let read = Fields::read(kind, &encode(&bent)).unwrap_or_default();
            prop_assert_eq!(check(&read, &shown, &key), Err(SignatureError::Wrong), "{}", kind);
        }
        let other = SecretString::from("another key");
        prop_assert_eq!(check(&fields, &shown, &other), Err(SignatureError::Wrong));
    }

    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..300), text in any::<String>()) {
        for kind in [FORM, MULTIPART, JSON, text.as_str()] {
            for body in [body.as_slice(), text.as_bytes()] {
                if let Ok(fields) = Fields::read(kind, body) {
                    let _ = check(&fields, &text, &"key".into());
                    let _ = Notification::read(&fields, Mode::Live);
                }
            }
        }
    }

    #[test]
    fn names_of_any_shape_are_put_somewhere(names in prop::collection::vec("[a-c\\[\\]. 0-9]{0,12}", 0..20)) {
        let body: String = Serializer::new(String::new())
            .extend_pairs(names.iter().map(|name| (name, "1"))).finish();
        let fields = form(&body);
        // What was read can be written and read again.
        let again = Serializer::new(String::new()).extend_pairs(fields.pairs()).finish();
        prop_assert_eq!(canonical(&form(&again)).len(), canonical(&fields).len());
    }
}
