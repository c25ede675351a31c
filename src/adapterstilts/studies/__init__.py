"""Studies: many runs that one recipe declares, carried out by workers that keep their backbone, resumable. No torch."""

from adapterstilts.studies.declared import Part, Study, read, recipe_of, shipped
from adapterstilts.studies.pace import Pace
from adapterstilts.studies.planning import Disk, Plan, Planned, is_measured, plan

__all__ = ["Disk", "Pace", "Part", "Plan", "Planned", "Study", "is_measured", "plan", "read", "recipe_of", "shipped"]
