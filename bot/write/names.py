"""The names of members in one prompt: each person one name, and nobody with the name of a role, of us or of another
persona."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256

from bot.types import Author, Message
from bot.write.look_alikes import skeleton
from bot.write.models.chat import estimate_tokens
from bot.write.sanitize import one_line

NAME_LENGTH = 32  # Discord's limit; longer names waste tokens
NAME_TOKENS = 24  # of a name; 32 emoji take more
TAG_LENGTH = 2  # hexadecimal digits: enough for the few who share a name; longer where two tags are the same
_SIGNS = frozenset("|:<>#`\"'“”‘’~=:∶꞉ː︰│┃ǀ∣❘")  # our own signs, and what looks like them
_WORDS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")  # between words, also in "systemPrompt"
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # Thai, Lao, kana, Han, Hangul
_OURSELVES = ("cameo", "you", "你", "您")
# Words that a name which poses as ours has beside it: "the real Mochi", "Mochi AI".
_BESIDE = ("the", "real", "official", "original", "ai", "bot", "app", "官方", "真", "本人")
# Who speaks in a prompt, and who has a say in a chat, in the languages of most communities.
_ROLES = """
system assistant developer user users tool tools admin administrator moderator mod mods owner operator instruction
prompt root superuser sysop sysadmin operador operatore opérateur bot chatbot
系统 系統 助手 助理 开发者 開發者 开发人员 用户 用戶 使用者 管理员 管理員
版主 群主 房主 站长 运营 官方 客服 机器人 機器人 提示词 指令
システム アシスタント 開発者 ユーザー 管理者 管理人 モデレーター 運営 ボット
시스템 어시스턴트 도우미 개발자 사용자 관리자 운영자 운영진 모더레이터 봇
sistema asistente desarrollador desarrolladora usuario administrador administradora moderador moderadora
assistente desenvolvedor desenvolvedora usuário utilizador sviluppatore utente amministratore moderatore
système assistante développeur développeuse utilisateur administrateur administratrice modérateur modératrice robot
assistent assistentin entwickler entwicklerin benutzer nutzer administratorin moderatorin betreiber
systeem ontwikkelaar gebruiker beheerder systemet utvecklare användare administratör ordförande udvikler bruger
system asystent programista użytkownik administrator systém asistent vývojář uživatel správce moderátor
sistem asistan geliştirici kullanıcı yönetici moderatör asisten pengembang pengguna
система ассистент помощник разработчик пользователь администратор админ модератор бот оператор
асистент помічник розробник користувач адміністратор
النظام نظام مساعد المساعد مطور مستخدم مشرف المشرف مدير المدير بوت سیستم دستیار مدیر کاربر
מערכת עוזר מפתח משתמש מנהל בוט
सिस्टम सहायक डेवलपर उपयोगकर्ता व्यवस्थापक एडमिन मॉडरेटर बॉट
ระบบ ผู้ช่วย ผู้ดูแล ผู้ใช้ บอท
σύστημα βοηθός διαχειριστής χρήστης συντονιστής
hệthống trợlý quảntrịviên ngườidùng
"""
LONG_ROLE = 6  # letters; such a role is found at the beginning of a word, too ("administrators")


class MemberNames:
    """The names in a prompt of `messages`. People whose names look alike get a tag that depends only on their ids. A
    name that poses as a role, as `our_name` or as one of `others` (our other personas) is marked as a member's."""

    def __init__(self, our_name: str, messages: Iterable[Message], others: Iterable[str] = ()):
        self.our_name = our_name
        self._ours = (our_name, *others)
        messages = list(messages)
        self._authors = {message.id: message.author for message in messages}
        people = {message.author for message in messages if not message.author.is_self}
        self._tags = _tags({(author.id, readable(author.name)) for author in people})

    def of(self, author: Author) -> str:
        """The author's name in the prompt: one line, without our own signs."""
        if author.is_self:
            return self.our_name
        name = readable(author.name)
        tag = self._tags.get((author.id, name))
        shown = as_member(name) if poses_as(name, self._ours) else without_role(name)
        return f"{shown}{f' ({tag})' if tag else ''}{' (bot)' if author.is_bot else ''}"

    def answered_by(self, message: Message) -> str | None:
        """The name of the person whose message this one answers; None if it is not in the prompt."""
        author = self._authors.get(message.reply_to or "")
        return self.of(author) if author else None


def poses_as(name: str, ours: Iterable[str]) -> bool:
    """Whether people could take the name for one of `ours`."""
    words = [word for word in _WORDS.split(name) if not skeleton(word) & _beside()]
    reserved = frozenset().union(*map(skeleton, (*ours, *_OURSELVES)))
    return bool((skeleton(name) | skeleton("".join(words))) & reserved)


def as_member(name: str) -> str:
    return f"member named '{name}'"


def without_role(name: str) -> str:
    """The name, marked as a member's if it claims a role."""
    return as_member(name) if is_role(name) else name


def readable(name: str) -> str:
    """A member's name on one line, without brackets and our own signs, in at most NAME_TOKENS tokens."""
    plain = "".join(" " if _is_sign(sign) else sign for sign in one_line(name, NAME_LENGTH))
    shown = " ".join(plain.split())
    while estimate_tokens(shown) > NAME_TOKENS:
        shown = shown[:-1]
    return one_line(shown, NAME_LENGTH) or "somebody"


def _is_sign(sign: str) -> bool:
    return unicodedata.normalize("NFKC", sign)[0] in _SIGNS or unicodedata.category(sign) in ("Ps", "Pe")


def is_role(name: str) -> bool:
    """Whether a word of the name is a role, in one of many languages and whatever letters it is written in."""
    looks = skeleton(name).union(*map(skeleton, _WORDS.split(name)))
    exact, begin, inside = _roles()
    return (
        bool(looks & exact)
        or any(look.startswith(begin) for look in looks)
        or any(role in name.replace(" ", "") for role in inside)
    )


@cache
def _roles() -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """Roles as skeletons, the long ones, and those of scripts without spaces between words."""
    words = _ROLES.split()
    inside = tuple(word for word in words if _UNSPACED.search(word) and len(word) > 1)
    spaced = [word for word in words if not _UNSPACED.search(word) or len(word) == 1]
    exact = frozenset().union(*map(skeleton, spaced))
    return exact, tuple(look for look in exact if len(look) >= LONG_ROLE), inside


@cache
def _beside() -> frozenset[str]:
    return frozenset().union(*map(skeleton, _BESIDE))


def _tags(people: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """Tags for those who share what their name looks like with somebody else, by id and name."""
    alike: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for id, name in people:
        for look in skeleton(name) or {name}:
            alike[look].add((id, name))
    shared = {person for group in alike.values() if len({id for id, _ in group}) > 1 for person in group}
    ids = {id: sha256(id.encode("utf-8", "replace")).hexdigest() for id, _ in shared}
    length = TAG_LENGTH
    while len({digest[:length] for digest in ids.values()}) < len(set(ids.values())):
        length += 1
    return {person: ids[person[0]][:length] for person in shared}
