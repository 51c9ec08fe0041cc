"""Roundup's mail gateway makes one issue of a report and all that follows, and loses nothing of it."""

from __future__ import annotations

from correspondence import ANSWER, CLIENT_REPLY, Correspondence
from letter_reading import message_id, missing, subject
from roundup_tracker import Tracker
from service import SENDER, parsed


def test_each_report_is_one_issue(tracker: Tracker, letters: dict[str, Correspondence]) -> None:
    assert len(tracker.issues()) == len(letters)


def test_the_subject_is_the_title(tracker: Tracker, correspondence: Correspondence) -> None:
    issue = tracker.issue_of(message_id(correspondence.report))
    assert tracker.issues()[issue] == subject(correspondence.report)


def test_follow_ups_and_replies_join_the_issue_of_their_report(
    tracker: Tracker, correspondence: Correspondence
) -> None:
    issue = tracker.issue_of(message_id(correspondence.report))
    joined = (*correspondence.to_desk, correspondence.answer, correspondence.client_reply)
    assert [tracker.issue_of(message_id(letter)) for letter in joined] == [issue] * 5
    assert len(tracker.messages(issue)) == 5


def test_words_and_error_text_are_whole(tracker: Tracker, correspondence: Correspondence) -> None:
    messages = tracker.messages(tracker.issue_of(message_id(correspondence.report)))
    for message, wanted in zip(messages, correspondence.words_of.values(), strict=False):
        assert missing(wanted, message.text) == []
    assert ANSWER in messages[3].text and CLIENT_REPLY in messages[4].text


def test_the_sender_is_the_author_and_the_text_names_the_client(
    tracker: Tracker, correspondence: Correspondence
) -> None:
    messages = tracker.messages(tracker.issue_of(message_id(correspondence.report)))
    assert [message.author for message in messages[:3]] == [SENDER] * 3
    client = str(parsed(correspondence.report.read_bytes())["Reply-To"])
    assert all(missing((client,), message.text) == [] for message in messages[:3])
    assert messages[4].author == correspondence.case.client


def test_a_letter_that_says_a_program_made_it_is_dropped(tracker: Tracker, letters: dict[str, Correspondence]) -> None:
    """Why docs/desks.md says to leave ``WIZARD_MAIL_AUTO_SUBMITTED`` off."""
    before = tracker.issues()
    letter = letters["twin_ru"].report.read_bytes().replace(b"Message-ID: <", b"Message-ID: <other-")
    tracker.receive([b"Auto-Submitted: auto-generated\r\n" + letter])
    assert tracker.issues() == before


def test_a_reply_to_the_acknowledgement_is_an_issue_of_its_own(
    tracker: Tracker, letters: dict[str, Correspondence]
) -> None:
    """The tracker never saw the acknowledgement; docs/desks.md says so."""
    before = tracker.issues()
    tracker.receive([letters["twin_ru"].reply_to_acknowledgement.read_bytes()])
    assert len(tracker.issues()) == len(before) + 1


def test_files_are_whole(tracker: Tracker, letters: dict[str, Correspondence]) -> None:
    for name in ("files_ru", "pictures_en"):
        correspondence = letters[name]
        stored = tracker.files(tracker.issue_of(message_id(correspondence.report)))
        for file_name, content in correspondence.case.files.items():
            found = [octets for stored_name, octets in stored if stored_name == file_name]
            # One of the report, one of the follow-up at the page; pictures are drawn anew.
            assert len(found) == 2
            assert all(octets == content or octets.startswith(b"\x89PNG") for octets in found)
