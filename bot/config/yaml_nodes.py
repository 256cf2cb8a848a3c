"""From YAML to nodes that know their place in the text."""

from contextlib import suppress

import yaml
from yaml.composer import Composer
from yaml.nodes import Node
from yaml.resolver import Resolver

try:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]
except ImportError:  # this PyYAML was built without libyaml
    Fast: type = yaml.SafeLoader
else:

    class Fast(Composer, CParser, Resolver):  # type: ignore[no-redef]
        """libyaml parses, five times as fast as PyYAML, which then composes the nodes: libyaml's own composer crashes
        the process on deep nesting."""

        def __init__(self, text: str):
            CParser.__init__(self, text)
            Composer.__init__(self)
            Resolver.__init__(self)


UNLIKE = ("\t", "\ufeff")  # libyaml accepts the first where PyYAML objects, and does not count the second


def composed(text: str) -> Node | None:
    """The root of a text; None if it holds nothing. Raises YAMLError in PyYAML's words, and RecursionError."""
    if not any(sign in text for sign in UNLIKE):
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=Fast)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def is_plain(node: Node) -> bool:
    """Whether a node is not a scalar in quotes or in a block."""
    return not getattr(node, "style", None)  # None from PyYAML, empty from libyaml
