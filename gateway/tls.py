"""The certificate that the public listener shows: somebody's, or one that the gateway makes and signs itself."""

import os
import shutil
import subprocess
from pathlib import Path

from gateway.settings import SettingsError, TlsSettings

DAYS = 365
RENEWED_BEFORE_S = 30 * 86_400  # at a start or reload, when it has less than that to go


def certificate(settings: TlsSettings, home: Path, host: str) -> tuple[str, str] | None:
    """Paths of certificate and key, or None without TLS; raises SettingsError. Makes the self-signed pair if need be."""
    if not settings.self_signed:
        for path in filter(None, (settings.certificate, settings.key)):
            if not os.access(path, os.R_OK):
                raise SettingsError(f"MOSTRADOR_TLS_CERT, MOSTRADOR_TLS_KEY: {path} can't be read")
        return (settings.certificate, settings.key) if settings.certificate else None
    host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 (compared with, not bound to)
    folder = home / "tls"
    folder.mkdir(parents=True, exist_ok=True)
    pair = folder / "cert.pem", folder / "key.pem"
    if not (all(path.exists() for path in pair) and is_good(pair[0], host)):
        sign_itself(*pair, host)
    return str(pair[0]), str(pair[1])


def is_good(path: Path, host: str) -> bool:
    """Whether a certificate is for this host and will be for a while."""
    about = ("x509", "-in", str(path), "-noout")
    name = openssl(*about, "-checkip" if is_address(host) else "-checkhost", host)
    return "does match" in name.stdout and openssl(*about, "-checkend", str(RENEWED_BEFORE_S)).returncode == 0


def is_address(host: str) -> bool:
    return host.replace(".", "").isdecimal()


def sign_itself(path: Path, key: Path, host: str) -> None:
    """A certificate for this machine's own use; its key is readable by its owner only."""
    names = ["DNS:localhost", "IP:127.0.0.1"]
    own = f"IP:{host}" if is_address(host) else f"DNS:{host}"
    names += [own] if own not in names else []
    key.touch(mode=0o600)
    made = openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(DAYS)),
        *("-subj", "/O=Mostrador/CN=localhost", "-addext", f"subjectAltName={','.join(names)}"),
        *("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth"),
        *("-keyout", str(key), "-out", str(path)),
    )
    if made.returncode:
        raise SettingsError(f"openssl could not make a certificate: {made.stderr.strip().splitlines()[-1]}")


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("openssl")
    if not program:
        raise SettingsError("a self-signed certificate wants openssl, which is not installed")
    return subprocess.run([program, *arguments], capture_output=True, text=True)  # noqa: S603
