"""The course: check an exercise's answer in a notebook; build, prove, run and copy the lessons.

In a lesson: `from ibnb.course import check`. Building and running need the extra `ibnb[course]`, imported when used.
"""

from ibnb.course.authoring import new
from ibnb.course.commands import Run, build, check_all, copy, index, lessons, lessons_dir, newer, out_of_step, run
from ibnb.course.exercises import Verdict, check
from ibnb.course.grading import assignments
from ibnb.course.source import LessonError

__all__ = [
    "LessonError",
    "Run",
    "Verdict",
    "assignments",
    "build",
    "check",
    "check_all",
    "copy",
    "index",
    "lessons",
    "lessons_dir",
    "new",
    "newer",
    "out_of_step",
    "run",
]
