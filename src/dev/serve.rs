//! The accept loop. Our own, because a fault may cut a connection and axum's offers no way to.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::faults::CutConnection;

/// The head of a request may be this large, bytes. Larger ones are answered with 431.
const MAX_HEAD: usize = 64 * 1024;

/// How connections are treated.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether a connection may serve more than one request.
    pub keep_alive: bool,
    /// A client that takes longer to send a request's head, or its next one, is cut off.
    pub header_timeout: Duration,
    /// How long requests under way may take after the shutdown began.
    pub drain: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { keep_alive: true, header_timeout: Duration::from_secs(60), drain: Duration::from_secs(10) }
    }
}

/// Serves `app` over HTTP/1.1 until `shutdown` is done; then takes no new connection and lets the
/// requests under way end, for as long as [`Options::drain`].
pub async fn serve(listener: TcpListener, app: Router, options: Options, shutdown: impl Future<Output = ()>) {
    // Every connection holds a receiver: the channel says that it is time, and is closed when the last one has gone.
    let (ending, connections) = watch::channel(false);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => attend(stream, peer, app.clone(), options, connections.clone()),
            Err(error) => {
                // Out of descriptors, most likely: give connections a moment to end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop((listener, connections));
    ending.send_replace(true);
    if tokio::time::timeout(options.drain, ending.closed()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

fn attend(stream: TcpStream, peer: SocketAddr, app: Router, options: Options, mut ending: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = app.call(request.map(Body::new));
        async move {
            let mut response: Response = match answer.await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if response.extensions().get::<CutConnection>().is_some() {
                return Err(Cut);
            }
            // Not by hyper's own switch, which would say so of a socket as well.
            if !options.keep_alive && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::spawn(async move {
        let mut connection = std::pin::pin!(connection);
        let result = tokio::select! {
            result = &mut connection => result,
            _ = async { ending.wait_for(|ending| *ending).await.is_ok() } => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

/// Makes hyper close the connection without a word.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut, as asked")
    }
}

impl std::error::Error for Cut {}
