"""The sections of a report: each takes the facts and the texts, and returns its parts.

A section without anything to say returns no parts and is left out. What keeps a section from
being made is raised, and stands in its place.
"""
