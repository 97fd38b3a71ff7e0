//! The Lambda function.

use clock::Input;
use domain::time::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = &app::aws::from_environment(clock::FUNCTION).await?;
    let handle = |event: LambdaEvent<Input>| async move {
        let deadline = Timestamp::from_millis(i64::try_from(event.context.deadline)?);
        clock::handle(app, event.payload, deadline).await?;
        Ok::<_, Error>(())
    };
    run(service_fn(handle)).await
}
