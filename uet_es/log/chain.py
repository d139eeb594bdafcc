r"""One hash chain per run: what makes a change, a removal and a swap visible.

A stored state ends in ``,"chain":"<64 hex digits>"}``. The digest of a row is the SHA-256 of

    <digest of the row before>\n<version> <length of stream> <stream> <topic>\n<content>

in UTF-8, where *content* is the state up to, not including, the comma before ``"chain"``, and the
length counts characters. It holds everything else that must not change: seq, time, cause, event.
Neither a topic nor compact JSON holds a newline, so two different rows never spell the same.
The first row follows the digest of the chain's name: the rows of one run cannot be passed off
as another's.
"""

from hashlib import sha256

_KEY = b',"chain":"'
_END = b'"}'
_LENGTH = len(_KEY) + 64 + len(_END)


def seed(name: str) -> str:
    """The digest that the first row of the chain called ``name`` follows."""
    return sha256(f"uet log\n{name}\n".encode()).hexdigest()


def link(previous: str, stream: str, version: int, topic: str, content: bytes) -> str:
    """The digest of a row that follows ``previous``."""
    place = f"{previous}\n{version} {len(stream)} {stream} {topic}\n"
    return sha256(place.encode() + content).hexdigest()


def joined(content: bytes, digest: str) -> bytes:
    """The state to store: ``content`` (an object still open at its end) with its digest."""
    return b"%b%b%b%b" % (content, _KEY, digest.encode(), _END)


def split(state: bytes) -> tuple[bytes, str]:
    """Content and digest of a stored state; the digest is "" where there is none to be found."""
    if state[-_LENGTH:-66] != _KEY or state[-2:] != _END:
        return state, ""
    return state[:-_LENGTH], state[-66:-2].decode("latin-1")


def following(previous: str, stream: str, version: int, topic: str, state: bytes) -> str:
    """The digest of a stored row if it follows ``previous`` and is what was written, else ""."""
    place = f"{previous}\n{version} {len(stream)} {stream} {topic}\n"
    digest = sha256(place.encode() + state[:-_LENGTH]).hexdigest()
    return digest if state[-_LENGTH:] == f',"chain":"{digest}"}}'.encode() else ""
