"""What a view shows, as data: panels, scenes and payloads. No widget and no page is known here."""
