//! Dependencies point one way, keys stand in one file, files stay small.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Who may depend on whom: only on packages of a lower layer.
const LAYERS: [&[&str]; 8] = [
    &["domain"],
    &["runtime"],
    &["table", "queue", "events", "channels", "embedded", "payments"],
    &["app"],
    // The fixture is for tests: nobody but tests may depend on it (`TEST_TOOLS`).
    &["web", "fixture"],
    &[
        "api",
        "clock",
        "courier-webhook",
        "deliver",
        "ingest",
        "prodamus-webhook",
        "stripe-webhook",
        "telegram-webhook",
    ],
    &["bench", "hoopoe", "simulation"],
    &["tests"],
];

/// What the tests of any package may use, whatever its layer.
const TEST_TOOLS: [&str; 2] = ["embedded", "fixture"];

/// Knows none of ours, and only whoever runs the whole system knows it: a simulator that
/// shares code with its client shares its misunderstandings.
const SIMULATORS: &str = "simulators";
const RUNS_THE_WHOLE: [&str; 3] = ["hoopoe", "simulation", "tests"];

/// Decisions are pure: nothing that waits, connects, logs, or speaks to AWS.
const NOT_IN_DOMAIN: [&str; 13] = [
    "async-",
    "aws-",
    "axum",
    "dynoxide",
    "futures",
    "getrandom",
    "http",
    "hyper",
    "lambda_",
    "reqwest",
    "rusqlite",
    "tokio",
    "tracing",
];

const MAIN_LINES: usize = 30;
const FILE_LINES: usize = 500;
/// Files that may be longer, each with its reason. Better empty.
const LONG_FILES: [&str; 0] = [];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--offline")
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn metadata() -> Value {
    let json = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    serde_json::from_str(&json).expect("JSON")
}

/// A dependency of a package of ours on another of ours.
#[derive(Debug)]
struct Edge {
    from: String,
    to: String,
    for_tests: bool,
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list").iter()
}

fn members(metadata: &Value) -> Vec<&Value> {
    let ids: BTreeSet<String> = list(&metadata["workspace_members"]).map(text).collect();
    list(&metadata["packages"]).filter(|package| ids.contains(&text(&package["id"]))).collect()
}

fn edges(metadata: &Value) -> Vec<Edge> {
    let members = members(metadata);
    let ours: BTreeSet<String> = members.iter().map(|package| text(&package["name"])).collect();
    let edges_of = |package: &Value| -> Vec<Edge> {
        let from = text(&package["name"]);
        list(&package["dependencies"])
            .map(|on| Edge {
                from: from.clone(),
                to: text(&on["name"]),
                for_tests: on["kind"] == "dev",
            })
            .filter(|edge| ours.contains(&edge.to))
            .collect()
    };
    members.into_iter().flat_map(edges_of).collect()
}

fn layer(package: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&package))
}

#[test]
fn every_package_has_its_layer() {
    let metadata = metadata();
    let mut ours: BTreeSet<String> =
        members(&metadata).iter().map(|package| text(&package["name"])).collect();
    assert!(ours.remove(SIMULATORS));
    let layered: BTreeSet<String> = LAYERS.concat().iter().map(ToString::to_string).collect();
    assert_eq!(ours, layered);
}

#[test]
fn dependencies_point_down() {
    for Edge { from, to, for_tests } in edges(&metadata()) {
        if from == SIMULATORS || to == SIMULATORS {
            continue;
        }
        let tool = TEST_TOOLS.contains(&to.as_str());
        assert!((for_tests && tool) || layer(&to) < layer(&from), "{from} must not depend on {to}");
    }
}

#[test]
fn the_fixture_is_for_tests_only() {
    for Edge { from, to, for_tests } in edges(&metadata()) {
        let tests = RUNS_THE_WHOLE.contains(&from.as_str()) && from != "hoopoe";
        assert!(to != "fixture" || for_tests || tests, "{from} must not depend on {to}");
    }
}

#[test]
fn simulators_share_no_code_with_what_they_simulate_for() {
    for Edge { from, to, for_tests } in edges(&metadata()) {
        assert_ne!(from, SIMULATORS, "it must not depend on {to}");
        let whole = for_tests || RUNS_THE_WHOLE.contains(&from.as_str());
        assert!(to != SIMULATORS || whole, "{from} must not depend on {SIMULATORS}");
    }
}

/// Everything a package needs to run on this machine, by name.
fn closure(package: &str) -> BTreeSet<String> {
    let tree = cargo(&["tree", "--edges", "normal", "--prefix", "none", "--package", package]);
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_domain_knows_neither_async_nor_aws_nor_the_wire() {
    let needed = closure("domain");
    assert!(needed.contains("domain") && needed.contains("serde"), "{needed:?}");
    let impure: Vec<String> = needed
        .into_iter()
        .filter(|name| NOT_IN_DOMAIN.iter().any(|banned| name.starts_with(banned)))
        .collect();
    assert!(impure.is_empty(), "domain depends on {impure:?}");
}

/// The Rust files under a folder, with their text.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("readable");
            found.push((path, text));
        }
    }
}

/// All Rust files of the workspace, by their path from its root.
fn all_sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for package in members(&metadata()) {
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        let folder = manifest.parent().expect("a folder");
        for part in ["src", "tests", "benches"] {
            sources(&folder.join(part), &mut found);
        }
    }
    let root = root();
    let relative = |path: PathBuf| {
        path.strip_prefix(&root).expect("inside").to_string_lossy().replace('\\', "/")
    };
    found.into_iter().map(|(path, text)| (relative(path), text)).collect()
}

/// Whether a line has a string literal in which a key attribute's name is a word.
fn names_a_key(line: &str) -> bool {
    if line.trim_start().starts_with("//") {
        return false;
    }
    let literals = line.split('"').skip(1).step_by(2);
    // A name in braces is a variable of ours that the format string takes in.
    literals
        .flat_map(|literal| {
            literal.split(|c: char| !c.is_ascii_alphanumeric() && !"_{}".contains(c))
        })
        .any(|word| word == "pk" || word == "sk")
}

#[test]
fn only_the_table_speaks_to_dynamodb() {
    for (path, text) in all_sources() {
        let table = path.starts_with("shared/table/") || path == "tests/tests/architecture.rs";
        // Whoever joins the table to its connection needs the SDK's configuration, no more.
        let beyond =
            text.split("aws_sdk_dynamodb::").skip(1).find(|rest| !rest.starts_with("config"));
        let named = beyond.map(|rest| rest.lines().next().unwrap_or_default());
        assert!(table || named.is_none(), "{path} uses aws_sdk_dynamodb::{named:?}");
    }
}

#[test]
fn only_the_keys_file_names_the_key_attributes() {
    let knows = ["shared/table/src/keys.rs", "tests/tests/architecture.rs"];
    for (path, text) in all_sources() {
        if knows.contains(&path.as_str()) {
            continue;
        }
        let line = text.lines().position(names_a_key);
        assert_eq!(line, None, "{path} names a key attribute (line counted from 0)");
    }
}

#[test]
fn key_names_are_found_in_literals_only() {
    assert!(names_a_key(r#"    x("pk")"#));
    assert!(names_a_key(r#"    x("a = :a AND begins_with(sk, :b)")"#));
    assert!(!names_a_key("    let pk = key.pk;"));
    assert!(!names_a_key(r#"    x("ask", pk, "npk")"#));
    assert!(!names_a_key(r#"    // says "pk""#));
    assert!(!names_a_key(r#"    write!(f, "{}#{sk}", shard)"#));
}

/// Whatever answers at a path is there by one of these.
const ADDS_A_ROUTE: [&str; 6] =
    [".route(", ".route_service(", ".nest(", ".nest_service(", ".fallback(", ".fallback_service("];
/// Keeps the list of all routes, and answers where there is none.
const KNOWS_ALL_ROUTES: [&str; 2] = ["shared/http/src/routes.rs", "shared/http/src/serve.rs"];

#[test]
fn functions_add_routes_only_where_they_are_listed() {
    for (path, text) in all_sources() {
        let function = path.starts_with("functions/") || path.starts_with("shared/");
        if function && path.contains("/src/") && !KNOWS_ALL_ROUTES.contains(&path.as_str()) {
            let added = ADDS_A_ROUTE.into_iter().find(|call| text.contains(call));
            assert_eq!(added, None, "{path} adds a route past web::Routes");
        }
    }
}

#[test]
fn the_site_of_dev_has_the_routes_of_every_function() {
    let sources = all_sources();
    let (_, site) =
        sources.iter().find(|(path, _)| path == "hoopoe/src/dev/server.rs").expect("a site");
    for (path, text) in &sources {
        let function =
            path.strip_prefix("functions/").and_then(|it| it.strip_suffix("/src/lib.rs"));
        if let Some(function) = function.filter(|_| text.contains("pub fn routes()")) {
            let there = site.contains(&format!("({}::routes, ", function.replace('-', "_")));
            assert!(there, "the routes of {function} are not among hoopoe::dev::served()");
        }
    }
}

#[test]
fn a_functions_main_is_thin() {
    for (path, text) in all_sources() {
        let function = path.starts_with("functions/") && path.ends_with("/src/main.rs");
        let lines = text.lines().count();
        assert!(!function || lines <= MAIN_LINES, "{path} has {lines} lines");
    }
}

#[test]
fn each_file_of_events_goes_through_a_test_of_its_function() {
    let sources = all_sources();
    let folders = |path: PathBuf| {
        fs::read_dir(path).expect("a folder").map(|it| it.expect("an entry").path())
    };
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    for function in folders(root().join("functions")) {
        let function = name(&function);
        let cases: Vec<PathBuf> = folders(root().join("events").join(&function)).collect();
        assert!(cases.len() > 1, "{function} has {} events", cases.len());
        for case in cases {
            let case = format!("events/{function}/{}", name(&case));
            let of_function = format!("functions/{function}/");
            let mut own = sources.iter().filter(|(path, _)| path.starts_with(&of_function));
            assert!(own.any(|(_, text)| text.contains(&case)), "no test of {function} uses {case}");
        }
    }
    let known = |folder: &PathBuf| root().join("functions").join(name(folder)).is_dir();
    let stray = folders(root().join("events")).filter(|it| it.is_dir()).find(|it| !known(it));
    assert_eq!(stray, None, "events of no function");
}

/// The line of a documentation's example that would be compiled and run, counted from 0.
fn example(text: &str) -> Option<usize> {
    let mut is_open = false;
    text.lines().position(|line| {
        let line = line.trim_start();
        let words = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let Some(kind) = words.and_then(|it| it.trim_start().strip_prefix("```")) else {
            return false;
        };
        is_open = !is_open;
        is_open && !["text", "json", "sh"].contains(&kind.trim())
    })
}

#[test]
fn examples_that_would_run_are_told_from_drawings() {
    let (open, close) = ("/// ```", "/// ```\n");
    assert_eq!(example(&format!("//! Drawn:\n{open}text\n/// ▶\n{close}fn it() {{}}")), None);
    assert_eq!(example(&format!("{open}text\n/// ▶\n{close}{open}\n/// it();\n{close}")), Some(3));
    assert_eq!(example(&format!("    {open}no_run\n")), Some(0));
}

#[test]
fn documentation_has_no_example_that_nobody_runs() {
    // Looking for examples in each package takes minutes, so none is looked through (`doctest = false`).
    for (path, text) in all_sources() {
        assert_eq!(example(&text), None, "{path} has an example (line counted from 0)");
    }
}

#[test]
fn files_stay_small() {
    for (path, text) in all_sources() {
        let lines = text.lines().count();
        let counted = path.contains("/src/") && !LONG_FILES.contains(&path.as_str());
        assert!(!counted || lines <= FILE_LINES, "{path} has {lines} lines");
    }
}
