//! `hoopoe user create-admin`

use app::account::SignUpInput;
use serde_json::json;

use super::{CommandError, System};
use crate::cli::Place;
use crate::show;

/// Makes a company and its admin. The password is a line of standard input, so that it stands
/// neither in the shell's history nor in the list of processes.
pub(crate) async fn create_admin(
    place: &Place,
    username: String,
    email: String,
    timezone: Option<String>,
) -> Result<(), CommandError> {
    let mut password = String::new();
    std::io::stdin().read_line(&mut password).map_err(CommandError::Input)?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let system = System::open(place).await?;
    let input = SignUpInput {
        username: Some(username),
        email: Some(email),
        password: Some(password),
        timezone,
        ..SignUpInput::default()
    };
    let user = app::account::create_admin(&system.app, &input).await?;
    if place.json {
        let company = user.company_id;
        show::line(
            json!({ "id": user.id, "company_id": company, "username": user.username }).to_string(),
        );
    } else {
        show::line(format!("{} is the admin of company {}", user.username, user.company_id));
    }
    Ok(())
}
