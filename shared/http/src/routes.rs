//! Routes whose description is made only when someone asks for it: making it takes longer than all else that
//! a function does before its first request.

use app::App;
use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, get};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// The handlers of one path, and how they are described. [`routes!`](crate::routes!) makes it.
#[derive(Debug)]
pub struct Route {
    /// The path.
    pub path: String,
    /// What answers there.
    pub methods: MethodRouter<App>,
    /// Describes it.
    pub describe: Describe,
}

/// Describes a path.
pub type Describe = fn() -> UtoipaMethodRouter<App>;

/// The handlers of one path as a [`Route`]. They are annotated with `utoipa::path`.
#[macro_export]
macro_rules! routes {
    ( $($first:ident)::+ $(, $($next:ident)::+)* $(,)? ) => {{
        let path = $crate::utoipa_axum::routes!(@path [path()] of $($first)::+);
        let methods = axum::routing::MethodRouter::new();
        let methods = $crate::methods!(methods, $($first)::+);
        $( let methods = $crate::methods!(methods, $($next)::+); )*
        let describe: $crate::routes::Describe =
            || $crate::utoipa_axum::routes!($($first)::+ $(, $($next)::+)*);
        $crate::routes::Route { path, methods, describe }
    }};
}

/// One more handler on a path.
#[doc(hidden)]
#[macro_export]
macro_rules! methods {
    ( $methods:expr, $($handler:ident)::+ ) => {{
        use $crate::utoipa_axum::PathItemExt as _;
        let types = $crate::utoipa_axum::routes!(@path [methods()] of $($handler)::+);
        types.iter().fold($methods, |methods, it| {
            methods.on(it.to_method_filter(), $($handler)::+)
        })
    }};
}

/// Routes of a function, or of a part of one.
///
/// Architecture invariant: every route of a function is added here and nowhere else, so that
/// [`Routes::served`] names them all.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router<App>,
    described: Vec<Describe>,
    undescribed: Vec<(Method, String)>,
}

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more path.
    #[must_use]
    pub fn routes(mut self, route: Route) -> Self {
        self.described.push(route.describe);
        Self { router: self.router.route(&route.path, route.methods), ..self }
    }

    /// With one more path, which answers `GET` and of which the description does not tell.
    #[must_use]
    pub fn undescribed<H, T>(mut self, path: &str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.undescribed.push((Method::GET, path.to_owned()));
        Self { router: self.router.route(path, get(handler)), ..self }
    }

    /// With those of another part.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.described.extend(other.described);
        self.undescribed.extend(other.undescribed);
        Self { router: self.router.merge(other.router), ..self }
    }

    /// With something around all of them.
    #[must_use]
    pub fn around(self, change: impl FnOnce(Router<App>) -> Router<App>) -> Self {
        Self { router: change(self.router), ..self }
    }

    /// What answers.
    pub fn into_router(self) -> Router<App> {
        self.router
    }

    /// The method and path of all of them, also of those that the description does not tell of.
    pub fn served(&self) -> Vec<(Method, String)> {
        let mut served = self.undescribed.clone();
        for describe in &self.described {
            let (_, paths, _) = describe();
            for (path, item) in paths.paths {
                served.extend(methods_of(&item).map(|method| (method, path.clone())));
            }
        }
        served
    }

    /// The description of all of them, on top of `document`.
    pub fn describe(&self, document: OpenApi) -> OpenApi {
        let described = self.described.iter().map(|describe| describe());
        let all = described.fold(OpenApiRouter::with_openapi(document), OpenApiRouter::routes);
        all.into_openapi()
    }
}

/// What a path answers.
fn methods_of(item: &PathItem) -> impl Iterator<Item = Method> {
    let methods = [
        (Method::GET, item.get.is_some()),
        (Method::POST, item.post.is_some()),
        (Method::PUT, item.put.is_some()),
        (Method::PATCH, item.patch.is_some()),
        (Method::DELETE, item.delete.is_some()),
        (Method::HEAD, item.head.is_some()),
        (Method::OPTIONS, item.options.is_some()),
    ];
    methods.into_iter().filter_map(|(method, there)| there.then_some(method))
}
