"""YAML as plain values: no repeated keys, no tags, one document."""

import yaml
from yaml.composer import ComposerError
from yaml.nodes import MappingNode, Node, ScalarNode

_MERGE_TAG = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses keys which would be lost."""

    def compose_mapping_node(self, anchor: dict[str, Node] | None) -> MappingNode:
        node: MappingNode = super().compose_mapping_node(anchor)  # type: ignore[arg-type]
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                raise ComposerError(None, None, "a key must be text", key.start_mark)
            if key.tag == _MERGE_TAG:
                continue
            if key.value in seen:
                told = f"the key {key.value!r} stands twice; remove one"
                raise ComposerError(None, None, told, key.start_mark)
            seen.add(key.value)
        return node


def parse(text: str) -> object:
    """The one document that ``text`` holds.

    Raises:
        ValueError: it is not YAML; the message has line and column where they are known.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}is not YAML as uet reads it: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        raise ValueError(f"is not YAML: {error.reason} at character {error.position}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"is not YAML as uet reads it: {error}") from error
