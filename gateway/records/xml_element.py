"""XML read for records: a small tree with the offset of each element, within bounds that no hostile file moves.

No document type, so no entity but XML's five; no processing instruction; one namespace.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from gateway.records.errors import RecordError, UnsupportedRecordError

MAX_BYTES = 256 << 20
MAX_DEPTH = 8
MAX_ELEMENTS = 20_000


@dataclass
class XmlElement:
    """An element while and after it is read."""

    name: str
    offset: int
    """Byte of the file at which it begins."""
    attributes: Mapping[str, str]
    children: list["XmlElement"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """Its character data, without the white space around it."""
        return "".join(self.pieces).strip(" \t\r\n")

    def wrong(self, problem: str) -> RecordError:
        """The error that this element is at fault."""
        return RecordError(self.offset, self.name, problem)


def read_xml(data: bytes, namespace: str) -> XmlElement:
    """The root element of a document in UTF-8 whose elements are all of `namespace`.

    Raises
    ------
    UnsupportedRecordError
        It has a document type, a processing instruction, or an element of another namespace.
    RecordError
        It is not well-formed, too large, too deep or of too many elements.
    """
    if len(data) > MAX_BYTES:
        raise RecordError(0, "document", f"has {len(data)} bytes; {MAX_BYTES} are the most")
    parser = expat.ParserCreate("UTF-8", " ")
    parser.buffer_text = True
    tree = _Tree(namespace, lambda: parser.CurrentByteIndex)
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.characters
    parser.StartDoctypeDeclHandler = tree.document_type
    parser.ProcessingInstructionHandler = tree.instruction
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise RecordError(parser.ErrorByteIndex, "document", f"is not XML: {expat.ErrorString(error.code)}") from error
    assert tree.root is not None
    return tree.root


class _Tree:
    """What the parser tells, put together."""

    def __init__(self, namespace: str, offset: Callable[[], int]) -> None:
        self.root: XmlElement | None = None
        self._prefix = namespace + " "
        self._offset = offset
        self._open: list[XmlElement] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._offset()
        if not name.startswith(self._prefix):
            raise UnsupportedRecordError(at, "namespace", f"the element {name!r} is not of {self._prefix.strip()}")
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise RecordError(at, "document", f"more than {MAX_ELEMENTS} elements, or deeper than {MAX_DEPTH}")
        element = XmlElement(name.removeprefix(self._prefix), at, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        element = self._open.pop()
        if element.children and element.text:
            raise element.wrong("has both elements and text")

    def characters(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def document_type(self, *_: object) -> None:
        raise UnsupportedRecordError(self._offset(), "document type", "none is read here: it could define entities")

    def instruction(self, *_: object) -> None:
        raise UnsupportedRecordError(self._offset(), "processing instruction", "none is read here")
