"""A small whole catalog, and the faults of a changed one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.catalog.loader import load_catalog
from wizard.catalog.validation.faults import CatalogError, Fault

SMALL = """\
id: small
version: 1
languages: [ru, en]
time_zone: Europe/Moscow
title: {ru: Мастерская, en: Workshop}
rules:
  - id: polite
    text: {ru: Будьте вежливы, en: Be polite}
    items:
      - {id: first, text: {ru: Раз, en: One}}
fast_track_rules:
  - {id: "1", text: {ru: Всё стоит, en: All stands still}}
channels:
  - id: shop
    label: {ru: Приёмная, en: Front desk}
    address: 1 Main Street
sections:
  - {id: clarify, title: {ru: Уточним, en: Facts}}
  - {id: who, title: {ru: Кто Вы, en: Who you are}}
identity:
  questions: [name, mail]
  one_of: [name, mail]
  empty: {ru: Назовите себя, en: Say who you are}
  registered_name: name
  registered_email: mail
  reply_to: [mail]
  name: [name]
politeness:
  reminder: {ru: Заявку прочтёт человек, en: A person reads it}
  rude: {ru: Хотите поправить?, en: Change it?}
vague:
  - id: broken
    phrases: {ru: [сломалось], en: [broken]}
    categories: [machines]
    ask: {ru: Что именно?, en: What exactly?}
questions:
  name:
    type: short_text
    label: {ru: Имя, en: Name}
    section: who
    part: identity
  mail:
    type: email
    label: {ru: Почта, en: E-mail}
    section: who
    part: identity
  scope:
    type: choice
    label: {ru: Что стоит, en: What stands still}
    section: clarify
    options:
      - {id: all, label: {ru: Всё, en: All}}
      - {id: other, label: {ru: Другое, en: Other}, specify: true}
  serial:
    type: short_text
    label: {ru: Номер, en: Serial}
    example: A-1
    section: clarify
    pattern: "[A-Z]-[0-9]+"
  kind:
    type: choices
    label: {ru: Вид, en: Kind}
    section: clarify
    options:
      - {id: saw, label: {ru: Пила, en: Saw}}
      - {id: "no", label: {ru: Никакой, en: None}}
categories:
  - id: machines
    label: {ru: Станки, en: Machines}
    situations:
      - id: stopped
        label: {ru: Встало, en: Stopped}
        required: [scope, serial]
        optional: [kind]
        deciding: [kind]
        show_when:
          serial: {scope: other}
          kind: {scope: [all]}
        fast_track:
          rule: "1"
          when: {scope: all}
          otherwise: {ru: По порядку, en: In order}
      - id: slow
        label: {ru: Медленно, en: Slow}
        required: [scope]
        leads:
          - when: {scope: all}
            to: stopped
            say: {ru: Это другое, en: Something else}
        priorities:
          - {when: {scope: [other]}, priority: low}
"""


@pytest.fixture
def small() -> str:
    """The YAML of a catalog without a fault."""
    return SMALL


@pytest.fixture
def faults_of(tmp_path: Path) -> Callable[[str], list[Fault]]:
    """What is wrong in a YAML text; nothing if it loads."""

    def faults_of(text: str) -> list[Fault]:
        path = tmp_path / "changed.yaml"
        path.write_text(text, "utf-8")
        try:
            load_catalog(path)
        except CatalogError as error:
            return list(error.faults)
        return []

    return faults_of
