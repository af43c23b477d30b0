"""What waits to leave the office, and how it leaves; the face of the room."""
