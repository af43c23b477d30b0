"""What the procedures of iris and portrait cameras share: targets, and finding them in frames."""
