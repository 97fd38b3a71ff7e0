//! A name for each request: in its log lines, in its answer, on the jobs that follow from it, and
//! handed on by whoever calls us.

use app::App;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use domain::correlation::CorrelationId;
use lambda_http::request::RequestContext;
use runtime::metrics::Metric;
use runtime::unit::measure;
use tracing::Instrument;
use uuid::Uuid;

/// The header, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
/// Runs the request as a unit of work under its id, and logs it once.
///
/// The line has the route as it is declared, not as it was called: a path may hold anything.
pub async fn name_request(State(app): State<App>, request: Request, next: Next) -> Response {
    let gateway = of_gateway(request.extensions());
    let id = given(request.headers())
        .or_else(|| gateway.clone())
        .unwrap_or_else(|| app.env.id::<Uuid>().into());
    let span = tracing::info_span!("request", correlation = %id);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let work = async {
        let response = next.run(request).await;
        if response.status().is_server_error() && route.contains("/webhook") {
            measure(Metric::WebhookFailures, 1);
        }
        response
    };
    let (mut response, spent) = app.unit(Some(id.clone()), work.instrument(span)).await;
    tracing::info!(
        unit = "request",
        correlation = %id,
        gateway = gateway.map(display),
        %method,
        route,
        status = response.status().as_u16(),
        outcome = outcome(response.status()),
        millis = spent.millis,
        calls = spent.used.calls,
        read_units = spent.used.read,
        write_units = spent.used.write,
    );
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn outcome(status: StatusCode) -> &'static str {
    match status.as_u16() {
        500.. => "failed",
        400.. => "refused",
        _ => "done",
    }
}

/// The caller's own id, if it brought a plain one.
fn given(headers: &HeaderMap) -> Option<CorrelationId> {
    let id = headers.get(REQUEST_ID).or_else(|| headers.get(CORRELATION_ID))?;
    CorrelationId::parse(id.to_str().ok()?)
}

/// The API's id of the request, which stands in its own log as well.
fn of_gateway(extensions: &Extensions) -> Option<CorrelationId> {
    match extensions.get()? {
        RequestContext::ApiGatewayV2(context) => {
            CorrelationId::parse(context.request_id.as_deref()?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_id_is_taken_over() {
        let of = |id: &'static str| {
            given(&HeaderMap::from_iter([(CORRELATION_ID, HeaderValue::from_static(id))]))
        };
        assert_eq!(of("a-1._B"), CorrelationId::parse("a-1._B"));
        assert_eq!(of("a b"), None);
        assert_eq!(of(""), None);
    }
}
