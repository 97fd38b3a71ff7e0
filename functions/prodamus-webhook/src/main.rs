//! The Lambda function.

use lambda_http::{Error, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = app::aws::from_environment(prodamus_webhook::FUNCTION).await?;
    run(prodamus_webhook::router(app)).await
}
