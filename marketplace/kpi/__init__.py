"""The park's indicators: definition, query, snapshot, page. A figure is computed in one place only."""
