use serde_json::Value;

use crate::world::{World, ask};

fn document() -> Value {
    let json = api::openapi().to_json().expect("JSON");
    serde_json::from_str(&json).expect("JSON")
}

#[test]
fn the_description_is_reviewed_when_it_changes() {
    insta::assert_json_snapshot!("openapi", document());
}

#[test]
fn the_description_is_served_and_shown() {
    let world = World::new();
    let served = world.send(ask("GET", "/openapi.json"));
    assert_eq!(served.json, document());
    let page = world.send(ask("GET", "/docs"));
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text.contains("/openapi.json"));
    for outside in ["http://", "https://", "//cdn"] {
        assert!(!page.text.contains(outside), "the page is complete in itself");
    }
}

#[test]
fn every_operation_has_its_name_and_callers_and_every_reference_leads_somewhere() {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let mut names = std::collections::BTreeSet::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            assert!(operation["security"].is_array(), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            let name = operation["operationId"].as_str().expect("a name");
            assert!(names.insert(name), "{name} is used twice");
        }
    }
    for reference in references(&document) {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(reference) if name == "$ref" => vec![reference.to_owned()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
