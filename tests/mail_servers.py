"""A throw-away Postfix and Dovecot on loopback for tests: their own folders, ports and accounts, never the system's.

Postfix takes mail from anybody on this machine. Mail to the shop's domain goes to Kizuna over LMTP, mail to the
customers' domain into Dovecot's mailboxes, where IMAP reads it; nothing leaves the machine.
"""

import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from imap_tools import MailBoxUnencrypted

from tests.conftest import need
from tests.processes import PATIENCE_S, reserved_port, wait_until

SHOP_DOMAIN, CUSTOMER_DOMAIN = "shop.example", "customer.example"
PASSWORD = "of the tests only"
_MAILBOX_ACCOUNT = "nobody"

_MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/postfix-state
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.{shop}
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_banner = mx.{shop} ESMTP
disable_dns_lookups = yes
smtp_host_lookup = native
relay_domains = {shop}, {customers}
relay_recipient_maps =
transport_maps = inline:{{
 {{ {shop} = lmtp:inet:127.0.0.1:{kizuna} }},
 {{ {customers} = lmtp:inet:127.0.0.1:{lmtp} }} }}
default_transport = error:this server sends nothing into the world
relay_transport = error:this server sends nothing into the world
message_size_limit = 60000000
mailbox_size_limit = 0
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtpd_client_connection_count_limit = 0
lmtp_destination_concurrency_limit = 20
lmtp_connection_cache_on_demand = yes
"""
_MASTER_CF = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""
_DOVECOT = """
base_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
protocols = imap lmtp
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%Lu
mail_max_userip_connections = 100
recipient_delimiter = +
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%Lu {folder}/people
}}
userdb {{
  driver = passwd-file
  args = username_format=%Lu {folder}/people
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service stats {{
  chroot =
}}
service anvil {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass(frozen=True)
class MailServers:
    """A running pair: where it takes mail, where mailboxes are read, and where it writes what it did."""

    smtp_port: int
    imap_port: int
    folder: Path
    shop_domain: str = SHOP_DOMAIN
    customer_domain: str = CUSTOMER_DOMAIN

    def send(self, sender: str, recipients: Sequence[str], mail: bytes | EmailMessage) -> None:
        """Hand in a mail as somebody's mail program does."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=policy.SMTP)
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=PATIENCE_S) as smtp:
            smtp.sendmail(sender, list(recipients), raw)

    @contextmanager
    def mailbox(self, address: str) -> Iterator[MailBoxUnencrypted]:
        """Open somebody's mailbox."""
        with MailBoxUnencrypted("127.0.0.1", self.imap_port).login(address, PASSWORD) as opened:
            yield opened

    def read(self, address: str) -> list[EmailMessage]:
        """Read every mail of somebody's, the oldest first."""
        with self.mailbox(address) as opened:
            found = [message_from_bytes(mail.obj.as_bytes(), policy=policy.default) for mail in opened.fetch()]
        return [mail for mail in found if isinstance(mail, EmailMessage)]

    def wait_for(self, address: str, count: int) -> list[EmailMessage]:
        """Wait until somebody has so many mails, and read them."""
        found: list[EmailMessage] = []

        def arrived() -> bool:
            found[:] = self.read(address)
            return len(found) >= count

        wait_until(arrived, describe=lambda: f"{address} has {len(found)} of {count} mails\n{self.describe()}")
        return found

    def describe(self) -> str:
        """Show the end of what both servers wrote."""
        logs = [self.folder / "postfix.log", self.folder / "dovecot.log"]
        return "\n".join(log.read_text(errors="replace")[-4000:] for log in logs if log.exists())


def need_mail_servers() -> None:
    """Skip with the reason where Postfix and Dovecot cannot be run."""
    for tool in ("postfix", "dovecot"):
        need(shutil.which(tool, path=_path()) is not None, f"no {tool} is installed")
    need(os.geteuid() == 0, "Postfix and Dovecot start as root only")


@contextmanager
def running_mail_servers(kizuna_lmtp_port: int, customers: Sequence[str] = ("anna",)) -> Iterator[MailServers]:
    """Run both; mail to the shop's domain is handed to that LMTP port, the customers (local parts) have mailboxes."""
    folder = Path(tempfile.mkdtemp(prefix="kizuna-mail-"))
    folder.chmod(0o755)
    try:
        with ExitStack() as kept:
            smtp, imap, lmtp = (kept.enter_context(reserved_port()) for _ in range(3))
            names = {"shop": SHOP_DOMAIN, "customers": CUSTOMER_DOMAIN}
            ports = {"kizuna": kizuna_lmtp_port, "smtp": smtp, "imap": imap, "lmtp": lmtp}
            _write(folder, {"folder": folder, **names, **ports}, customers)
            kept.enter_context(_dovecot(folder, imap))
            kept.enter_context(_postfix(folder, smtp))
            yield MailServers(smtp, imap, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, values: dict[str, object], customers: Sequence[str]) -> None:
    etc, account = folder / "postfix", pwd.getpwnam(_MAILBOX_ACCOUNT)
    for name in ("postfix", "queue", "postfix-state", "mail", "dovecot"):
        (folder / name).mkdir(mode=0o755)
    owner = pwd.getpwnam("postfix")
    os.chown(folder / "postfix-state", owner.pw_uid, owner.pw_gid)
    os.chown(folder / "mail", account.pw_uid, account.pw_gid)
    (etc / "main.cf").write_text(_MAIN_CF.format(**values))
    (etc / "master.cf").write_text(_MASTER_CF.format(**values))
    (folder / "dovecot.conf").write_text(_DOVECOT.format(**values))
    lines = [
        f"{name}@{CUSTOMER_DOMAIN}:{PASSWORD}:{account.pw_uid}:{account.pw_gid}::{folder}/mail/{name}\n"
        for name in customers
    ]
    (folder / "people").write_text("".join(lines))


@contextmanager
def _postfix(folder: Path, port: int) -> Iterator[None]:
    control = ["postfix", "-c", str(folder / "postfix")]
    _run([*control, "start"], folder)
    try:
        _wait_for(port, folder)
        yield
    finally:
        subprocess.run([*control, "abort"], env=_environment(), cwd="/", capture_output=True, check=False)


@contextmanager
def _dovecot(folder: Path, port: int) -> Iterator[None]:
    command = ["dovecot", "-F", "-c", str(folder / "dovecot.conf")]
    process = subprocess.Popen(
        command, env=_environment(), cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    try:
        _wait_for(port, folder)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def _wait_for(port: int, folder: Path) -> None:
    def answers() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
                return bool(link.recv(10))
        except OSError:
            return False

    wait_until(answers, describe=lambda: MailServers(0, 0, folder).describe() or f"nothing answers on port {port}")


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, env=_environment(), cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{MailServers(0, 0, folder).describe()}"


def _environment() -> dict[str, str]:
    return {"PATH": _path()}


def _path() -> str:
    return f"/usr/sbin:/sbin:{os.environ.get('PATH', '')}"
