"""Deliveries that end with their test, and an authority of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from relays import BRISK, Certificates, Settings

from digest.deliver import Patience, SmtpDelivery


@pytest.fixture
async def smtp() -> AsyncIterator[Callable[..., SmtpDelivery]]:
    """Makes deliveries that are closed at the end."""
    opened: list[SmtpDelivery] = []

    def make(port: int, *, patience: Patience = BRISK, host: str = "127.0.0.1", **settings: Any) -> SmtpDelivery:
        delivery = SmtpDelivery(Settings(host, port, **settings), patience=patience)
        opened.append(delivery)
        return delivery

    yield make
    for delivery in opened:
        await delivery.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    now = datetime.now(UTC)

    def certificate(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )

    root = (
        certificate(authority_name, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(authority_key, hashes.SHA256())
    )
    authority = folder / "authority.pem"
    authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))

    def server(file: str, *names: x509.GeneralName) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        signed = (
            certificate(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file)]), key)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(authority_key, hashes.SHA256())
        )
        path = folder / f"{file}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        return path

    return Certificates(
        authority,
        ours=server("ours", x509.IPAddress(ip_address("127.0.0.1"))),
        foreign=server("foreign", x509.DNSName("other.example")),
    )


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Certificates:
    """The test authority is one of the system's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    return certificates
