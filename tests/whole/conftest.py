"""The homeserver for whole conversations."""

from tests.fakes.synapse import homeserver as homeserver
