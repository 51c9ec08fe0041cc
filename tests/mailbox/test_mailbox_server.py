"""The local mailbox is a mail server: what it has answered with 250 is on the disk."""

from __future__ import annotations

import os
import smtplib
import socket
import stat
import threading
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from wizard.mailbox import maildir
from wizard.mailbox.server import LocalMailbox, MailboxError


def test_a_letter_lies_in_the_folder_byte_for_byte_when_the_server_has_answered(mailbox, letter: EmailMessage) -> None:
    content = letter.as_bytes().replace(b"\n", b"\r\n")
    mailbox.send(content)
    contents = [path.read_bytes() for path in (mailbox.server.folder / "new").iterdir()]
    assert contents == [content]
    assert not list((mailbox.server.folder / "tmp").iterdir())


def test_the_file_and_its_folder_are_synced_before_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maildir.prepare(tmp_path)
    synced: list[tuple[bool, bool]] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, any((tmp_path / "new").iterdir())))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    maildir.deliver(tmp_path, b"Subject: x\r\n\r\n")
    assert synced == [(False, False), (True, True)]


def test_letters_sent_at_once_are_all_kept(mailbox) -> None:
    def send_ten(sender: int) -> None:
        for n in range(10):
            mailbox.send(f"Subject: {sender}-{n}\r\n\r\ntext\r\n".encode())

    senders = [threading.Thread(target=send_ten, args=(n,)) for n in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(mailbox.ids()) == 80


def test_a_folder_that_cannot_be_written_is_answered_for_now_not_for_ever(mailbox) -> None:
    (mailbox.server.folder / "tmp").rmdir()
    with pytest.raises(smtplib.SMTPDataError) as refused:
        mailbox.send(b"Subject: x\r\n\r\n")
    assert refused.value.smtp_code == 452
    (mailbox.server.folder / "tmp").mkdir()
    mailbox.send(b"Subject: x\r\n\r\n")
    assert len(mailbox.ids()) == 1


def test_a_port_in_use_is_told_at_once_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        begun = time.monotonic()
        with pytest.raises(MailboxError, match="MAILBOX_SMTP_PORT") as refused:
            LocalMailbox(tmp_path, port=taken.getsockname()[1]).start()
    assert time.monotonic() - begun < 1
    assert "\n" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MailboxError, match="WIZARD_INSTANCE_PATH") as refused:
        LocalMailbox(tmp_path / "file" / "mailbox", port=0).start()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "203.0.113.5", "::", "mail.desk.example"])
def test_the_server_listens_on_loopback_only(tmp_path: Path, host: str) -> None:
    with pytest.raises(MailboxError, match="loopback"):
        LocalMailbox(tmp_path, host=host, port=0).start()


def test_stopping_frees_the_port_and_may_be_done_twice(tmp_path: Path) -> None:
    server = LocalMailbox(tmp_path, port=0)
    server.start()
    server.stop()
    server.stop()
    again = LocalMailbox(tmp_path, port=server.port)
    again.start()
    again.stop()


def test_a_new_start_keeps_the_letters_and_clears_what_was_never_finished(tmp_path: Path) -> None:
    maildir.prepare(tmp_path)
    maildir.deliver(tmp_path, b"Subject: kept\r\n\r\n")
    abandoned, fresh = tmp_path / "tmp" / "old", tmp_path / "tmp" / "young"
    for path in (abandoned, fresh):
        path.touch()
    os.utime(abandoned, (1, 1))
    maildir.prepare(tmp_path)
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == ["young"]
    assert len(maildir.entries(tmp_path)) == 1


def test_the_newest_letter_comes_first_wherever_a_mail_program_has_put_it(tmp_path: Path) -> None:
    maildir.prepare(tmp_path)
    ids = [maildir.deliver(tmp_path, b"Subject: %d\r\n\r\n" % n) for n in range(5)]
    os.rename(tmp_path / "new" / ids[2], tmp_path / "cur" / f"{ids[2]}:2,S")
    assert [entry.id for entry in maildir.entries(tmp_path)] == ids[::-1]
    entry = maildir.entry(tmp_path, ids[2])
    assert entry is not None and entry.read() == b"Subject: 2\r\n\r\n"
