"""The analytics service: facts about paid orders, rollups of them, and the reports that read the rollups."""
