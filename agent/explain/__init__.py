"""Why a video was recommended: reasons and evidence."""
