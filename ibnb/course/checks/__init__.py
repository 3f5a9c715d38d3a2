"""The checks of the exercises, one module per lesson: `lesson_05` holds 05.1, 05.2, …; loaded when first asked."""
