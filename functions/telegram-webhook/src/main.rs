//! The Lambda function.

use lambda_http::{Error, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = app::aws::from_environment(telegram_webhook::FUNCTION).await?;
    run(telegram_webhook::router(app)).await
}
