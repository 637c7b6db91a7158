"""`./run bench mail`: mails a minute out to a local sink, and mails a second in through a real Postfix and LMTP.

Out: queued dialogue mails, begun, written, sent and settled durably, their facts recorded; signed here, then signing
left to the relay; beside smtplib alone with the same mails to the same sink. In: each mail stored before Postfix hears
yes; beside a loop of write and fsync on the same disk.
"""

import argparse
import os
import resource
import smtplib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIGNED_AIM, UNSIGNED_AIM, MEMORY_AIM, INBOUND_AIM = 10_000, 50_000, 150, 150
TEXT = "Dear Anna,\n\nyour kettle has been with you for a year. How do you use it, and what do you miss?\n\n" * 4


@dataclass(frozen=True)
class Sent:
    """What one run out of the house took."""

    per_minute: float
    cpu_us: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; tells whether the aims were met."""
    parser = argparse.ArgumentParser(prog="./run bench mail", description=__doc__)
    parser.add_argument("--mails", type=int, default=2000, help="for each figure of mail out")
    parser.add_argument("--inbound", type=int, default=1500, help="mails in through Postfix; 0: not at all")
    parser.add_argument("--clients", type=int, default=16, help="that hand mail to Postfix at once")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as folder:
        os.environ.update(KIZUNA_HOME=folder, KIZUNA_MAIL_RATE="0", DJANGO_SETTINGS_MODULE="kizuna.config.settings")
        met = _out(arguments.mails)
        if arguments.inbound:
            met &= _in(Path(folder) / "in", arguments.inbound, arguments.clients)
    return 0 if met else 1


def _out(count: int) -> bool:
    import django

    django.setup()
    words = ["-c", "import django; django.setup(); from kizuna.flows import installation; installation.prepare()"]
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with _sink() as port:
        from django.conf import settings

        options = {"host": "127.0.0.1", "port": port, "timeout": 60}
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
        _send("warm", 100, False)
        plain, signed = _send("plain", count, False), _send("signed", count, True)
        bare = _bare(port, count)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for words, found, aim in (
        ("mail out, signed here", signed, SIGNED_AIM),
        ("mail out, relay signs", plain, UNSIGNED_AIM),
        ("smtplib alone, same sink", bare, 0),
    ):
        ratio = found.per_minute / bare.per_minute
        told = f" (aim {aim:,}), {ratio:.2f} of smtplib alone" if aim else ""
        print(f"{words:26}{found.per_minute:9,.0f} a minute, {found.cpu_us:5.0f} us CPU each{told}")
    print(
        f"memory at most: {memory:.0f} MB (aim {MEMORY_AIM}), of which {before:.0f} MB were there before the first mail"
    )
    return signed.per_minute >= SIGNED_AIM and plain.per_minute >= UNSIGNED_AIM and memory < MEMORY_AIM


def _send(name: str, count: int, sign: bool) -> Sent:
    """Queue dialogue mails of a shop of their own, then let the pump send them all."""
    from kizuna.flows.mail_out import fleet, pumping

    now = datetime.now(UTC)
    _queue(name, count, sign, now)
    began, cpu = time.perf_counter(), time.process_time()
    while pumping.send_due(now):
        pass
    took, used = time.perf_counter() - began, time.process_time() - cpu
    _check(name, count)
    fleet.close()
    return Sent(count / took * 60, used / count * 1e6)


def _queue(name: str, count: int, sign: bool, now: datetime) -> None:
    from django.db import transaction

    from kizuna.conversations import teams, threads
    from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage, State
    from kizuna.customers import identity
    from kizuna.customers.identity import IdentityKind
    from kizuna.flows import shops
    from kizuna.flows.mail_out import keys, sending
    from kizuna.flows.mail_out.sending import Terms
    from kizuna.shops.tenants import NewShop

    shop = shops.create_shop(NewShop(name, name.title(), "EUR", "UTC"), None, now)
    team = teams.ensure_default(shop.pk)
    team.address, team.signature = f"care@{name}.example", "Your care team"
    team.save()
    if sign:
        keys.make(shop, f"{name}.example", None, now)
        keys.use(shop, f"{name}.example", True, None, now)
    now_us = int(now.timestamp() * 1e6)
    with transaction.atomic():
        addresses = [f"anna{number}@d{number % 50}.example" for number in range(count)]
        whose = identity.ensure(shop.pk, IdentityKind.EMAIL, addresses, [now_us] * count)
        for address in addresses:
            new = NewConversation(team.pk, Channel.EMAIL, "How is your kettle?", whose[address], state=State.BEGUN)
            talk = threads.open_conversation(shop.pk, new, now_us)
            said = NewMessage(Direction.OUT, Author.MACHINE, TEXT, now_us, to=[address])
            message, _ = threads.append(shop.pk, talk.pk, said, now_us)
            sending.queue(shop, message.pk, Terms(marketing=True), now)


def _check(name: str, count: int) -> None:
    from kizuna.conversations.models import Outgoing
    from kizuna.shops.models import Shop
    from kizuna.tracking.models import Fact

    sent = Outgoing.objects.filter(shop__slug=name, state="sent", told=True).count()
    told = Fact.objects.filter(shop_id=Shop.objects.get(slug=name).pk, name="Email Sent").count()
    if (sent, told) != (count, count):
        raise SystemExit(f"{name}: {sent} sent and {told} facts of {count}")


def _bare(port: int, count: int) -> Sent:
    """What smtplib alone reaches with one mail made once: nothing written, signed or remembered."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "care@bare.example", "anna@d1.example", "How is your kettle?"
    mail.set_content(TEXT)
    mail.add_alternative(f"<p>{TEXT}</p>", subtype="html")
    raw = mail.as_bytes()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            smtp.sendmail("care@bare.example", ["anna@d1.example"], raw)
        return Sent(count / (time.perf_counter() - began) * 60, (time.process_time() - cpu) / count * 1e6)


@contextmanager
def _sink() -> Iterator[int]:
    words = [sys.executable, "-m", "bench.mail_sink"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def _in(home: Path, count: int, clients: int) -> bool:
    """Hand mail to a real Postfix, which hands it to a served Kizuna; count what is durable."""
    from tests.mail_servers import running_mail_servers
    from tests.processes import reserved_port, wait_until

    with (
        reserved_port() as lmtp,
        reserved_port() as web,
        _served(home, lmtp, web) as database,
        running_mail_servers(lmtp) as servers,
    ):
        wait_until(lambda: _answers(lmtp))
        began = time.perf_counter()
        senders = [
            threading.Thread(target=_hand_in, args=(servers.smtp_port, number, count // clients))
            for number in range(clients)
        ]
        for sender in senders:
            sender.start()
        wait_until(lambda: _stored(database) >= count // clients * clients, describe=servers.describe)
        per_s = _stored(database) / (time.perf_counter() - began)
    floor = _fsyncs(home)
    print(f"mail in, Postfix and LMTP: {per_s:7,.0f} a second durable, {clients} clients at once (aim {INBOUND_AIM})")
    print(f"write and fsync, one by one: {floor:,.0f} a second; ratio {per_s / floor:.2f}")
    return per_s >= INBOUND_AIM


@contextmanager
def _served(home: Path, lmtp: int, web: int) -> Iterator[Path]:
    env = {**os.environ, "KIZUNA_HOME": str(home), "KIZUNA_LMTP": f"127.0.0.1:{lmtp}", "KIZUNA_PORT": str(web)}
    env |= {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    script = (
        "from django.utils import timezone; from kizuna.flows import installation, shops;"
        "from kizuna.shops import tenants;"
        "from kizuna.conversations import teams; installation.prepare();"
        "shop = shops.create_shop(tenants.NewShop('shop', 'Shop', 'EUR'), None, timezone.now());"
        "team = teams.ensure_default(shop.pk); team.address = 'care@shop.example'; team.save()"
    )
    words = [sys.executable, "-m", "kizuna", "shell", "--no-imports", "-v", "0", "-c", script]
    subprocess.run(words, env=env, cwd=ROOT, check=True)
    log = (home / "log").open("w")
    process = subprocess.Popen([sys.executable, "-m", "kizuna", "serve"], env=env, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield home / "kizuna.sqlite3"
    finally:
        process.terminate()
        process.wait()
        log.close()


def _hand_in(port: int, client: int, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        for number in range(count):
            mail = EmailMessage()
            mail["From"], mail["To"] = f"anna{client}@customer.example", "care@shop.example"
            mail["Subject"], mail["Message-ID"] = "A kettle", f"<{client}.{number}@customer.example>"
            mail.set_content(TEXT)
            smtp.sendmail(f"anna{client}@customer.example", ["care@shop.example"], mail.as_bytes())


def _answers(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=5):
            return True
    except OSError:
        return False


def _stored(database: Path) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as opened:
        return int(opened.execute("SELECT COUNT(*) FROM conversations_rawmail").fetchone()[0])


def _fsyncs(home: Path) -> float:
    began, done = time.perf_counter(), 0
    with (home / "floor").open("wb", buffering=0) as file:
        while time.perf_counter() - began < 1.0:
            file.write(b"x" * 1500)
            os.fsync(file.fileno())
            done += 1
    return done / (time.perf_counter() - began)
