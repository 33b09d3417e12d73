//! The connection to a node: TCP and, where asked, TLS with a server name, roots and a leniency of
//! its own, because over a tunnel none of them follow from the address.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{self, CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::failure::Failure;
use super::{NodeTimeouts, Target, Tls};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Bytes handed to the connection so far: what decides whether a command may have been sent.
#[derive(Clone, Debug, Default)]
pub struct Written(Arc<AtomicU64>);

impl Written {
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection that stands. Nothing is read before the first command is written: a server that says
/// no at the door (too many clients) speaks unasked, and the crate would drop an answer to nothing.
pub struct Wire {
    stream: Box<dyn Stream>,
    written: Written,
    reader: Option<Waker>,
}

impl Wire {
    pub fn written(&self) -> Written {
        self.written.clone()
    }
}

/// Connects. The time is for TCP and TLS together.
pub async fn connect(target: &Target, t: NodeTimeouts) -> Result<Wire, Failure> {
    let deadline = Instant::now() + t.connect;
    let tls = target.tls.as_ref().map(Tls::connector).transpose()?;
    let to = (target.address.host.as_str(), target.address.port);
    let tcp = match timeout_at(deadline, TcpStream::connect(to)).await {
        Ok(connected) => connected.map_err(Failure::Connect)?,
        Err(_) => return Err(Failure::SlowConnect(t.connect)),
    };
    // A few short commands, one after the other: waiting to fill a packet would only delay them.
    tcp.set_nodelay(true).map_err(Failure::Connect)?;
    let stream: Box<dyn Stream> = match tls {
        None => Box::new(tcp),
        Some((connector, name)) => Box::new(handshake(connector.connect(name, tcp), deadline, t.connect).await?),
    };
    Ok(Wire { stream, written: Written::default(), reader: None })
}

async fn handshake<S>(
    connecting: impl Future<Output = io::Result<S>>,
    deadline: Instant,
    patience: Duration,
) -> Result<S, Failure> {
    timeout_at(deadline, connecting).await.map_err(|_| Failure::SlowTls(patience))?.map_err(Failure::Tls)
}

impl Tls {
    fn connector(&self) -> Result<(TlsConnector, ServerName<'static>), Failure> {
        let name = ServerName::try_from(self.server_name.clone())
            .map_err(|_| Failure::Setup(format!("server_name {:?} is no name of a host", self.server_name)))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::Setup(error.to_string()))?;
        let config = if self.verify {
            builder.with_root_certificates(self.roots()?).with_no_client_auth()
        } else {
            let anyone = Arc::new(Unverified(provider));
            builder.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth()
        };
        Ok((TlsConnector::from(Arc::new(config)), name))
    }

    fn roots(&self) -> Result<RootCertStore, Failure> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(system_roots().iter().cloned());
        if let Some(path) = &self.ca_file {
            let wrong = |why: String| Failure::Setup(format!("ca_file {}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
            let found = found.map_err(|error| wrong(error.to_string()))?;
            if roots.add_parsable_certificates(found).0 == 0 {
                return Err(wrong("no certificate in it".into()));
            }
        }
        Ok(roots)
    }
}

/// Read once: it is a few hundred files on some systems.
fn system_roots() -> &'static [CertificateDer<'static>] {
    static ROOTS: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    ROOTS.get_or_init(|| rustls_native_certs::load_native_certs().certs)
}

/// Takes any certificate, for an operator who said so. The handshake is still checked against it.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.written.bytes() == 0 {
            this.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Pin::new(&mut this.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let taken = ready!(Pin::new(&mut this.stream).poll_write(cx, buf))?;
        this.written.0.fetch_add(taken as u64, Ordering::Relaxed);
        if let Some(reader) = this.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
