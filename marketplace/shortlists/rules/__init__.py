"""The pure rules of deciding: how much may be kept, what changed since it was seen, how services stand side by side."""
