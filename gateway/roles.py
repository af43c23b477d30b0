"""The roles of people and programs that call a gateway."""

OPERATOR, SUPERVISOR, TECHNICIAN, AUDITOR = "operator", "supervisor", "technician", "auditor"
ROLES = frozenset({OPERATOR, SUPERVISOR, TECHNICIAN, AUDITOR})
