//! Directories as files in memory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::migration::Files;

use crate::commands::CommandError;
use crate::dev::state;

/// What is read: texts and pictures.
const ENDINGS: [&str; 8] = ["bin", "gif", "jpeg", "jpg", "json", "md", "png", "webp"];
/// Directories below one another.
const DEPTH: usize = 8;

/// What a directory holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Texts and pictures.
    pub(super) files: Files,
    /// The paths of what is neither, or lies too deep, and of settings that are hidden.
    pub(super) others: Vec<String>,
}

/// All texts and pictures of a directory; what is hidden is not looked at, but that there are settings is told.
pub(super) fn read(dir: &Path) -> Result<Found, CommandError> {
    let mut found = Found::default();
    add(dir, "", DEPTH, &mut found)?;
    Ok(found)
}

fn add(dir: &Path, below: &str, depth: usize, found: &mut Found) -> Result<(), CommandError> {
    let failed = |source| file_error(dir, source);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        let (path, below) = (entry.path(), format!("{below}{shown}"));
        if shown.starts_with('.') {
            if shown == ".env" {
                found.others.push(below);
            }
            continue;
        }
        // A link to a directory is not followed: it may lead to one above.
        if entry.file_type().map_err(failed)?.is_dir() {
            if depth > 0 {
                add(&path, &format!("{below}/"), depth - 1, found)?;
            } else {
                found.others.push(format!("{below}/"));
            }
            continue;
        }
        let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
        let is_known = ENDINGS.contains(&ending.to_ascii_lowercase().as_str());
        if path.is_file() && is_known && name.to_str().is_some() {
            let bytes = fs::read(&path).map_err(|source| file_error(&path, source))?;
            found.files.insert(below, bytes);
        } else {
            found.others.push(below);
        }
    }
    Ok(())
}

/// Writes files into a directory that only its owner reads: contacts are people.
pub(super) fn write(dir: &Path, files: &Files) -> Result<(), CommandError> {
    match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
        Ok(true) => return Err(CommandError::NotEmpty(dir.to_owned())),
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(file_error(dir, error)),
    }
    state::make_private(dir).map_err(|source| file_error(dir, source))?;
    for (below, bytes) in files {
        let path: PathBuf = below.split('/').fold(dir.to_owned(), |path, part| path.join(part));
        let failed = |source| file_error(&path, source);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        fs::write(&path, bytes).map_err(failed)?;
    }
    Ok(())
}

fn file_error(path: &Path, source: io::Error) -> CommandError {
    CommandError::File { path: path.to_owned(), source }
}
