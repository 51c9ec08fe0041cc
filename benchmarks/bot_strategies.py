"""Twenty ways in which programs fill in other people's forms, as real HTTP clients.

Each strategy tries ``TRIES`` reports or follow-ups. Unless it says otherwise it is as clever as bots are: it opens the
form, sends every hidden input back, waits before it confirms, and has a browser's headers; it runs no scripts.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from bs4 import BeautifulSoup

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog

TRIES = 30
HOURS, AN_HOUR = 8, 12
"""How long a slow program goes on, and how often in an hour it sends."""
PATIENCE = 4.0
"""Seconds that a patient bot waits before it confirms."""

BROWSER = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
    "Safari/537.36",
    "Accept": "text/html,application/xhtml+xml",
    "Accept-Language": "ru-RU,ru;q=0.9",
    "Sec-Fetch-Site": "same-origin",
}
FACTS = {"screen": "1920×1080", "time_zone": "Europe/Moscow"}
"""What scripts put into the form."""
FORM = "q_unclear"

OFFERS = (
    "Hello! I noticed your website is not ranking well. We can bring you to the first page of Google with quality "
    "backlinks. Reply for a free quote: http://rank-boost.example",
    "Здравствуйте! Предлагаем продвижение сайтов в ТОП-10 Яндекса под ключ, прогон по базам, увеличение продаж. "
    "Подробности: http://top-seo.example",
    "Earn passive income with crypto! Our investment platform doubled the money of 12,000 people. Join: "
    "https://coin-rise.example",
    "Need a loan today? Personal loans from 2% without checks, apply now at https://quick-loan.example",
    "Лучшее онлайн казино, бонус за регистрацию 100%, ставки на спорт, вывод за час https://vulkan-x.example",
)
"""What such programs write; none of it was written with the list of ``limits.spam`` in view."""


@dataclass
class Answer:
    """An answer of the service."""

    status: int
    text: str
    address: str = ""
    """Where it redirects to."""


class Web(Protocol):
    """How a client speaks with the service."""

    def post(self, path: str, body: Any, headers: dict[str, str], address: str) -> Answer:
        """Post a form (pairs) or JSON (anything else) from an address."""

    def get(self, path: str, headers: dict[str, str], address: str) -> Answer:
        """Get a page."""

    def wait(self, seconds: float) -> None:
        """Let time pass as a client does."""

    def age(self, seconds: float) -> None:
        """Let so much time pass for what the service has counted, without waiting."""


@dataclass
class Client:
    """One client, or one program that says it is one."""

    web: Web
    catalog: Catalog
    address: str
    headers: dict[str, str] = field(default_factory=lambda: dict(BROWSER))

    def path(self, situation: str) -> str:
        """Where the form of a situation is."""
        return f"/ru/{self.catalog.category_of[situation].id}/{situation}/"

    def check(self, situation: str, typed: dict[str, Any], **more: str) -> list[tuple[str, str]] | None:
        """Fill in a form and press "Continue": all inputs of the check page; None when it was refused."""
        hidden = hidden_inputs(self.web.get(self.path(situation), self.headers, self.address).text)
        filled = {**answers_to(self.catalog, situation), **typed, **more}
        inputs = [(name, value) for name, value in hidden if name not in filled]
        inputs += [(n, v) for n, value in filled.items() for v in ([value] if isinstance(value, str) else value)]
        answer = self.web.post(self.path(situation), [*inputs, ("action", "check")], self.headers, self.address)
        return check_inputs(answer.text) if answer.status == 200 else None

    def send(self, situation: str, inputs: Iterable[tuple[str, str]]) -> Answer:
        """Press "Send" on the check page."""
        return self.web.post(self.path(situation), [*inputs, ("action", "send")], self.headers, self.address)


Filled = tuple[Client, str, dict[str, Any]]
"""Who fills in the form of which situation, and what they type."""


def send_all(reports: Iterable[Filled], patience: float = PATIENCE) -> list[Answer]:
    """Fill in forms, look at all check pages for a while, and send them."""
    checked = [(client, situation, client.check(situation, typed)) for client, situation, typed in reports]
    for client, *_ in checked[:1]:
        client.web.wait(patience)
    return [client.send(situation, inputs) for client, situation, inputs in checked if inputs]


@lru_cache
def hidden_inputs(page: str) -> tuple[tuple[str, str], ...]:
    """The hidden inputs of an empty form."""
    form = BeautifulSoup(page, "html.parser")
    return tuple((str(i["name"]), str(i.get("value", ""))) for i in form.select("form input[type=hidden][name]"))


def check_inputs(page: str) -> list[tuple[str, str]]:
    """What the check page would send, and its challenge as ``data-challenge``, when there is one."""
    form = BeautifulSoup(page, "html.parser").select_one("form.check")
    if form is None:
        return []
    inputs = [(str(i["name"]), str(i.get("value", ""))) for i in form.select("input[type=hidden][name]")]
    return [*inputs, *([("data-challenge", str(form["data-challenge"]))] if form.get("data-challenge") else [])]


def answers_to(catalog: Catalog, situation: str) -> dict[str, Any]:
    """Valid answers to what a situation requires, and an address: what a bot finds out by trying."""
    answers: dict[str, Any] = {"reg_email": "zakaz@detal36.example"}
    for asked in catalog.asked(catalog.situations[situation]):
        question = asked.question
        if not asked.required or question.type == "files":
            continue
        if question.type in ("choice", "choices"):
            answers[question.id] = [option.id for option in question.options if not option.specify][-1]
        else:
            fixed = {"datetime": "unknown", "ip": "203.0.113.25", "bounce": "550 5.1.1 <a@mail.example>: user unknown"}
            answers[question.id] = fixed.get(question.type) or in_language(question.example or "", "ru")
    return answers


@dataclass
class Bot:
    """What a strategy is given."""

    web: Web
    catalog: Catalog
    network: int
    """A number of its own: strategies do not share addresses."""
    honest: list[str]
    """Reports of people, to be copied."""
    random: random.Random

    def client(self, host: int = 7, **headers: str) -> Client:
        """A client of this strategy's network."""
        return Client(
            self.web, self.catalog, f"198.{18 + self.network // 200}.{self.network}.{host}", BROWSER | headers
        )

    def send_texts(self, texts: Iterable[str]) -> None:
        """Send texts as reports of one patient client, under ever another address."""
        client = self.client()
        send_all((client, FORM, {"details": text, "reg_email": self.mailbox()}) for text in texts)

    def offer(self, n: int) -> str:
        """An offer, as spinning programs vary it."""
        return f"{self.random.choice(('Hi', 'Hello', 'Добрый день', 'Привет'))}. {OFFERS[n % len(OFFERS)]} #{n}"

    def mailbox(self) -> str:
        """Another address each time."""
        return "".join(self.random.choices(string.ascii_lowercase, k=9)) + "@mail.example"

    def gibberish(self, count: int = 12) -> str:
        """Words of random letters."""
        lengths = (self.random.randint(3, 11) for _ in range(count))
        return " ".join("".join(self.random.choices(string.ascii_letters, k=length)) for length in lengths)


def blind_posts(bot: Bot) -> None:
    """Posts what it takes for a contact form, with "send" and without a token."""
    client = bot.client()
    for n in range(TRIES):
        client.send(FORM, [("details", bot.offer(n)), ("reg_email", bot.mailbox()), ("once", "forged")])


def two_steps_at_once(bot: Bot) -> None:
    """Fills in and confirms within a second, with an honest person's words."""
    client = bot.client()
    for n in range(TRIES):
        if inputs := client.check(FORM, {"details": f"{bot.honest[n]} {n}", "reg_email": bot.mailbox()}):
            client.send(FORM, inputs)


def other_agents(bot: Bot) -> None:
    """Is patient, writes as a person does, and calls itself what its library calls itself."""
    agents = ("python-requests/2.32.3", "curl/8.5.0", "Go-http-client/1.1", "okhttp/4.12", "Scrapy/2.11", "")
    for number, agent in enumerate(agents):
        client = bot.client(number)
        client.headers = {"User-Agent": agent, "Accept": "*/*"}
        texts = bot.honest[5 * number : 5 * number + 5]
        send_all((client, FORM, {"details": text, "reg_email": bot.mailbox()}) for text in texts)


def every_field(bot: Bot) -> None:
    """Fills in every input that it finds in the page, the honeypot too."""
    client = bot.client()
    page = BeautifulSoup(bot.web.get(client.path(FORM), client.headers, client.address).text, "html.parser")
    names = [str(i["name"]) for i in page.select("form input[name]:not([type=hidden]), form textarea[name]")]
    known = {"started": "unknown", "contact_phone": "+7 900 000-00-00", "site_url": "https://shop.example", "files": ""}
    reports: list[Filled] = []
    for n in range(TRIES):
        typed: dict[str, Any] = {name: known.get(name, bot.honest[n][:60]) for name in names}
        typed |= {
            "reg_email": bot.mailbox(),
            "contact_email": bot.mailbox(),
            "ticket_ref": "",
            "details": bot.honest[n],
        }
        reports.append((client, FORM, typed))
    send_all(reports)


def hundred_links(bot: Bot) -> None:
    """Writes a hundred links."""
    links = (" ".join(f"http://{bot.random.randint(1, 10**6)}.example/" for _ in range(100)) for _ in range(TRIES))
    bot.send_texts(links)


def gibberish(bot: Bot) -> None:
    """Writes random letters, to find out what is accepted."""
    bot.send_texts(bot.gibberish() for _ in range(TRIES))


def english_in_russian_form(bot: Bot) -> None:
    """Writes English offers into the Russian form."""
    english = [text for text in OFFERS if text.isascii()]
    bot.send_texts(f"{english[n % len(english)]} Ref. {n}" for n in range(TRIES))


def harvested_tokens(bot: Bot) -> None:
    """Collects the tokens of harmless reports, and sends other words with them, from other addresses, each twice."""
    tokens = [bot.client().check(FORM, {"details": f"Вопрос {n}"}) or [] for n in range(TRIES)]
    bot.web.wait(PATIENCE)
    for n, inputs in enumerate(tokens * 2):
        other = [(name, bot.honest[n] if name == "details" else value) for name, value in inputs]
        bot.client(n % 200).send(FORM, other)


def api_without_a_key(bot: Bot) -> None:
    """Calls the API with offers."""
    for n in range(TRIES):
        call_api(bot, bot.client(), {"details": bot.offer(n), "reg_email": bot.mailbox()})


def slow_drip(bot: Bot) -> None:
    """Sends one offer every five minutes, for eight hours."""
    for hour in range(HOURS):
        bot.send_texts(bot.offer(AN_HOUR * hour + n) for n in range(AN_HOUR))
        bot.web.age(3600)


def headless_walker(bot: Bot) -> None:
    """Is a real browser without a window: its scripts run, its headers are right, and it waits for nothing."""
    agent = BROWSER["User-Agent"].replace("Chrome", "HeadlessChrome")
    client = bot.client(**{"User-Agent": agent})
    for n in range(TRIES):
        typed = {"details": bot.offer(n), "reg_email": bot.mailbox(), **FACTS}
        send_all([(client, FORM, typed)], 0.4)


def follow_up_flood(bot: Bot) -> None:
    """Gets a ticket with an offer and adds offers to it."""
    client = bot.client()
    [receipt] = send_all([(client, FORM, {"details": bot.offer(0), "reg_email": bot.mailbox()})])
    path = receipt.address.partition("?")[0] + "follow-up/"
    for n in range(TRIES):
        bot.web.post(path[path.find("/ru/") :], [("text", bot.offer(n))], client.headers, client.address)


def other_mailbox_each_time(bot: Bot) -> None:
    """Sends one text under ever another address."""
    bot.send_texts([bot.offer(1)] * TRIES)


def reused_idempotency_key(bot: Bot) -> None:
    """Calls the API with one ``Idempotency-Key`` for ever other reports, and then with the same one for one report."""
    client = bot.client(**{"Idempotency-Key": "11111111-2222-3333-4444-555555555555"})
    for n in range(TRIES):
        call_api(bot, client, {"details": bot.offer(n if n < TRIES // 2 else 0), "reg_email": "same@mail.example"})


def random_situations(bot: Bot) -> None:
    """Picks any form and any options, and writes its offer into every field for text."""
    situations = [s for s in bot.catalog.situations if not bot.catalog.situations[s].fast_track]
    reports: list[Filled] = []
    for n in range(TRIES):
        situation = bot.random.choice(situations)
        long_texts = [
            asked.question.id
            for asked in bot.catalog.asked(bot.catalog.situations[situation])
            if asked.question.type == "long_text"
        ]
        offers = {name: f"{bot.offer(n)} {name}" for name in long_texts}
        reports.append((bot.client(), situation, {**offers, "reg_email": bot.mailbox()}))
    send_all(reports)


def seo_html(bot: Bot) -> None:
    """Writes HTML and BBCode, to leave links wherever it is shown."""
    bot.send_texts(
        f'Интересная статья <a href="http://site{n}.example/">купить шины</a>'
        if n % 2
        else f"Полезный ресурс [url=http://site{n}.example]здесь[/url]"
        for n in range(TRIES)
    )


def long_texts(bot: Bot) -> None:
    """Fills the field for text to its last letter."""
    filler = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore. "
    bot.send_texts((f"{n} {filler}" * 50)[:3990] for n in range(TRIES))


def unicode_noise(bot: Bot) -> None:
    """Hides its words from filters behind look-alikes, combining marks and pictures."""
    look_alikes = str.maketrans("aeopcxAEOPCX", "аеорсхАЕОРСХ")

    def disguised(n: int) -> str:
        if n % 3 == 0:
            return bot.offer(0).translate(look_alikes)
        if n % 3 == 1:
            return "".join(letter + "\u0336\u0321\u0322" for letter in f"buy now {n}")
        return f"🔥🔥🔥 {bot.offer(n)} 💰💰💰💰💰💰💰💰 🚀🚀🚀🚀🚀"

    bot.send_texts(disguised(n) for n in range(TRIES))


def copied_honest_texts(bot: Bot) -> None:
    """Copies what people wrote and is patient: only its number gives it away."""
    bot.send_texts(bot.honest[-TRIES:])


def one_ipv6_network(bot: Bot) -> None:
    """Comes from ever another address of one IPv6 /64, with one text."""
    clients = (Client(bot.web, bot.catalog, f"2001:db8:{bot.network}:1::{n + 1:x}") for n in range(TRIES))
    send_all((client, FORM, {"details": OFFERS[1], "reg_email": bot.mailbox()}) for client in clients)


STRATEGIES: tuple[Callable[[Bot], None], ...] = (
    *(blind_posts, two_steps_at_once, other_agents, every_field, hundred_links, gibberish, english_in_russian_form),
    *(harvested_tokens, api_without_a_key, slow_drip, headless_walker, follow_up_flood),
    *(other_mailbox_each_time, reused_idempotency_key, random_situations, seo_html, long_texts, unicode_noise),
    *(copied_honest_texts, one_ipv6_network),
)


def call_api(bot: Bot, client: Client, answers: dict[str, Any]) -> Answer:
    """Create a ticket through the API."""
    body = {"situation": FORM, "language": "ru", "answers": answers}
    return bot.web.post("/api/v1/tickets", body, {**client.headers, "Accept": "application/json"}, client.address)


def run_all(web: Web, catalog: Catalog, honest: list[str]) -> Iterator[str]:
    """Run the strategies one after another; yields each one's name when it has run."""
    for number, strategy in enumerate(STRATEGIES):
        strategy(Bot(web, catalog, number, honest, random.Random(number)))
        yield strategy.__name__


def texts_of(*files: Any) -> list[str]:
    """The texts of files of labelled reports, less one that the form itself finds too short."""
    texts = (json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return [text for text in texts if len(text) > 2]
