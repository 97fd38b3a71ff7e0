//! What the description of the routes says beyond what is derived.

use std::collections::BTreeSet;

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{OpenApi, RefOr};

/// Says of every object in a body that it has no other fields than those described, which is how
/// [`crate::json::StrictJson`] reads it.
pub fn close_bodies(document: &mut OpenApi) {
    let mut open: Vec<String> = Vec::new();
    for operation in document.paths.paths.values().flat_map(operations) {
        let Some(RefOr::T(body)) = &operation.request_body else { continue };
        for content in body.content.values() {
            if let RefOr::T(content) = content {
                content.schema.iter().for_each(|it| refer(it, &mut open));
            }
        }
    }
    let Some(components) = &mut document.components else { return };
    let mut closed = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(RefOr::T(schema)) = components.schemas.get_mut(&name)
            && closed.insert(name)
        {
            close(schema, &mut open);
        }
    }
}

fn operations(path: &PathItem) -> impl Iterator<Item = &Operation> {
    [&path.post, &path.put, &path.patch, &path.delete].into_iter().flatten()
}

/// Notes the schema that is referred to, in components.
fn refer(schema: &RefOr<Schema>, names: &mut Vec<String>) {
    match schema {
        RefOr::Ref(it) => names.extend(it.ref_location.rsplit('/').next().map(str::to_owned)),
        RefOr::T(Schema::OneOf(some)) => some.items.iter().for_each(|it| refer(it, names)),
        RefOr::T(Schema::Array(list)) => {
            if let utoipa::openapi::schema::ArrayItems::RefOrSchema(item) = &list.items {
                refer(item, names);
            }
        }
        RefOr::T(_) => {}
    }
}

fn close(schema: &mut Schema, names: &mut Vec<String>) {
    let Schema::Object(object) = schema else { return };
    object.properties.values().for_each(|it| refer(it, names));
    if !object.properties.is_empty() && object.additional_properties.is_none() {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
}
