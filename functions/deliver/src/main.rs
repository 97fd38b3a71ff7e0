//! The Lambda function.

// The engine's futures hold each other, and the SDK's deep within; the compiler works out their
// size at once here.
#![recursion_limit = "256"]

use aws_lambda_events::event::sqs::SqsEvent;
use domain::time::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = &app::aws::from_environment(deliver::FUNCTION).await?;
    let handle = |event: LambdaEvent<SqsEvent>| async move {
        let deadline = Timestamp::from_millis(i64::try_from(event.context.deadline)?);
        Ok::<_, Error>(deliver::handle(app, event.payload, deadline).await)
    };
    run(service_fn(handle)).await
}
