"""The engine: pure. It walks documents and notes what is to be written; time, storage and work are handed in."""
